import type { MetaRow } from './order-types.js';

export interface Product {
  id: number;
  type: 'simple' | 'variable' | 'variation';
  name: string;
  slug: string;
  sku: string;
  status: string;
  price: string;
  parentId: number;
  variations: number[];
  /** For a variation its own choice, for a variable product all of them. */
  attributes: { name: string; options: string[] }[];
  manageStock: boolean;
  stock: number | null;
  stockStatus: string;
  backorders: string;
  createdMs: number;
  modifiedMs: number;
  meta: MetaRow[];
}
