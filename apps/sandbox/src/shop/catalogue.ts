import type { Product } from './product-types.js';
import type { Shop } from './shop.js';
import { createProduct } from './product-writes.js';

const SIZES = [
  { code: '0046', name: 'M' },
  { code: '0048', name: 'L' },
  { code: '0050', name: 'XL' },
];
const COLOURS = [
  { code: '00001', name: 'black' },
  { code: '00007', name: 'navy' },
];
const MODELS = ['GL64000', 'GL18000', 'GL05000', 'ST12000'];
const PARENT_MODELS = ['BC03700', 'BC0EA10', 'FL61036', 'JH00010', 'RS18001'];

/** SKUs that HFT71 stocks and this shop does not sell, so that the feed is longer than a page of 200. */
const OTHER_MODELS = ['KA44600', 'NE61001', 'SO11380', 'TJ05020', 'VM33300'];

/** Made by the shop as it would make them; sku by sku what HFT71's feed has. */
export function fillCatalogue(shop: Shop): void {
  for (const sku of simpleSkus())
    createProduct(shop, { name: `Shirt ${sku}`, sku, regular_price: '12.10', manage_stock: true, stock_quantity: 50 });
  for (const model of PARENT_MODELS) makeVariable(shop, model);
  for (let n = 1; n <= 12; n += 1) {
    const sku = `MUG-${String(n).padStart(3, '0')}`;
    createProduct(shop, { name: `Mug ${n}`, sku, regular_price: '7.90', manage_stock: true, stock_quantity: 500 });
  }
}

export function stockedSkus(): string[] {
  const variations = PARENT_MODELS.flatMap((model) => variationSkus(model).map(({ sku }) => sku));
  const others = OTHER_MODELS.flatMap((model) =>
    Array.from({ length: 12 }, (_, n) => String(n + 1).padStart(5, '0')).flatMap((colour) =>
      SIZES.map((size) => `${model}-${colour}-${size.code}`),
    ),
  );
  return [...simpleSkus(), ...variations, ...others].sort();
}

export function simpleSkus(): string[] {
  const colours = [...COLOURS, { code: '00012', name: 'white' }];
  return MODELS.flatMap((model) => colours.flatMap((c) => SIZES.map((size) => `${model}-${c.code}-${size.code}`)));
}

function variationSkus(model: string): { sku: string; colour: string; size: string }[] {
  return COLOURS.flatMap((colour) =>
    SIZES.map((size) => ({ sku: `${model}-${colour.code}-${size.code}`, colour: colour.name, size: size.name })),
  );
}

function makeVariable(shop: Shop, model: string): void {
  const parent: Product = createProduct(shop, { name: `Hoodie ${model}`, sku: model, type: 'variable' });
  parent.attributes = [
    { name: 'Size', options: SIZES.map(({ name }) => name) },
    { name: 'Colour', options: COLOURS.map(({ name }) => name) },
  ];
  parent.price = '19.90';
  for (const { sku, colour, size } of variationSkus(model)) {
    const fields = { name: `${size}, ${colour}`, sku, regular_price: '19.90', manage_stock: true, stock_quantity: 20 };
    const variation = createProduct(shop, fields, parent);
    variation.attributes = [
      { name: 'Size', options: [size] },
      { name: 'Colour', options: [colour] },
    ];
  }
}
