import { inWorld, stopWorldsLeft } from './testing/world.js';

afterAll(stopWorldsLeft);

test.concurrent(
  'HFT71_LINES=feed: mixed carts send HFT71’s lines only, foreign ones nothing; what cannot be mapped is held and goes when it is mended',
  async () => {
    await inWorld({}, async (world) => {
      const { sandbox } = world;
      await world.startLive();
      const mixed = await sandbox.order({ count: 3, kinds: ['mixed'] });
      const summed = await sandbox.oneOrder({ kinds: ['summed'] });
      const foreign = await sandbox.order({ count: 2, kinds: ['foreign'] });
      const fractional = await sandbox.oneOrder({ kinds: ['fractional'] });
      const addressless = await sandbox.oneOrder({ kinds: ['no-address'] });
      const emptySku = await sandbox.oneOrder({ kinds: ['empty-sku'] }); // not in the feed: left out

      await world.waitForState([...mixed, summed, emptySku], 'written_back');
      await world.waitForState(foreign, 'not_for_hft71');
      await world.waitForState([fractional, addressless], 'held: mapping');
      for (const orderId of mixed) {
        const [accepted] = await sandbox.acceptedOf(orderId);
        const lines = (await sandbox.shopOrder(orderId)).line_items;
        expect(lines.filter(({ sku }) => sku?.startsWith('MUG-'))).toHaveLength(1);
        expect(accepted?.items.map(({ sku }) => sku)).toEqual(
          lines.map(({ sku }) => sku).filter((sku) => !sku?.startsWith('MUG-')),
        );
      }
      expect((await sandbox.acceptedOf(summed))[0]?.items).toEqual([expect.objectContaining({ quantity: 3 })]);

      const [line] = (await sandbox.shopOrder(fractional)).line_items;
      expect(await world.detailOf(fractional)).toBe(`line ${line?.id} (${line?.sku}) has quantity 1.5`);
      expect(await world.detailOf(addressless)).toBe('address without address1, city, country, customerName, zip');
      await sandbox.edit(fractional, { line_items: [{ id: line?.id, quantity: 2 }] });
      await sandbox.edit(addressless, {
        shipping: {
          first_name: 'Eve',
          last_name: 'Sample',
          address_1: 'Way 1',
          address_2: await sandbox.markerOf(addressless),
          city: 'Sampletown',
          postcode: '12345',
          country: 'DE',
        },
      });
      await world.waitForState([fractional, addressless], 'written_back');
      expect((await sandbox.acceptedOf(fractional))[0]?.items).toEqual([{ sku: line?.sku, quantity: 2 }]);
      for (const orderId of foreign) expect(await sandbox.postsOf(orderId)).toBe(0);
      // Level sweeps have passed them meanwhile: they are not judged again for nothing.
      const leftOut = `select left_out_by, dispatch_no from intent where state = 'not_for_hft71'`;
      expect(await world.rows(leftOut)).toEqual(foreign.map(() => ({ left_out_by: 'feed', dispatch_no: 1 })));
      expect(await world.expectGuarantee()).toMatchObject({ orders: 7, sent: 7, writtenBack: 7 });
    });
  },
  90_000,
);

test.concurrent(
  'HFT71_LINES=all: a line without a SKU holds the order, named; it goes when the line is taken out',
  async () => {
    await inWorld({ settings: { HFT71_LINES: 'all' } }, async (world) => {
      const { sandbox } = world;
      await world.startLive();
      const orderId = await sandbox.oneOrder({ kinds: ['empty-sku'] });
      await world.waitForState(orderId, 'held: mapping');
      const nameless = (await sandbox.shopOrder(orderId)).line_items.find(({ sku }) => !sku);
      expect(await world.detailOf(orderId)).toBe(`line ${nameless?.id} has no SKU`);
      expect(await sandbox.postsOf(orderId)).toBe(0);
      await sandbox.edit(orderId, { line_items: [{ id: nameless?.id, quantity: 0 }] });
      await world.waitForState(orderId, 'written_back');
      expect(await world.expectGuarantee()).toMatchObject({ sent: 1, writtenBack: 1 });
    });
  },
  90_000,
);
