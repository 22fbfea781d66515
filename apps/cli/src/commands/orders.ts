import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { helpful } from '../helpful.js';
import { addOrdersHeld } from './orders-held.js';
import { addOrdersResolve } from './orders-resolve.js';
import { addOrdersShow } from './orders-show.js';
import { addOrdersSteer } from './orders-steer.js';
import { addOrdersWriteBack } from './orders-write-back.js';

export function addOrders(program: Command, cli: Cli): void {
  const orders = program
    .command('orders')
    .description('Orders that wait for a person, the evidence of each order, and how to steer it.');
  helpful(orders, [
    'relay orders held',
    'relay orders show 1001',
    'relay orders resolve 1001 --exists 88001 --attempt none --reason "found there"',
    'relay orders hold 1002 --reason "the customer calls back"',
  ]);
  addOrdersHeld(orders, cli);
  addOrdersShow(orders, cli);
  addOrdersResolve(orders, cli);
  addOrdersSteer(orders, cli);
  addOrdersWriteBack(orders, cli);
}
