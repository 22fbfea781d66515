import type { Command } from 'commander';
import type { Cli } from '../../cli.js';
import { helpful } from '../../helpful.js';
import { addStockDrift } from './drift.js';
import { addStockReport } from './report.js';
import { addStockBoost, addStockSafety } from './steer.js';
import { addStockStatus } from './status.js';
import { addStockSync } from './sync.js';
import { addStockVerify } from './verify.js';

export function addStock(program: Command, cli: Cli): void {
  const stock = program
    .command('stock')
    .description('The shop’s quantities against HFT71’s: bring them up to date, verify, and see what differs and why.');
  helpful(stock, ['relay stock status', 'relay stock sync --dry-run', 'relay stock verify --sample 50']);
  addStockStatus(stock, cli);
  addStockSync(stock, cli);
  addStockVerify(stock, cli);
  addStockDrift(stock, cli);
  addStockReport(stock, cli);
  addStockBoost(stock, cli);
  addStockSafety(stock, cli);
}
