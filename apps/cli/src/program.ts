import { Command } from 'commander';
import type { Cli } from './cli.js';
import { addAccount } from './commands/account.js';
import { addAudit } from './commands/audit.js';
import { addBreaker } from './commands/breaker.js';
import { addBudget } from './commands/budget.js';
import { addDoctor } from './commands/doctor.js';
import { addIncident } from './commands/incident.js';
import { addExport } from './commands/export.js';
import { addImport } from './commands/import.js';
import { addLedger } from './commands/ledger.js';
import { addLog } from './commands/log.js';
import { addMode } from './commands/mode.js';
import { addOrders } from './commands/orders.js';
import { addPoll } from './commands/poll.js';
import { addReconcile } from './commands/reconcile.js';
import { addShadow } from './commands/shadow.js';
import { addResend } from './commands/resend.js';
import { addShop } from './commands/shop.js';
import { addSmoke } from './commands/smoke.js';
import { addStatus } from './commands/status.js';
import { addStatuses } from './commands/statuses.js';
import { addStock } from './commands/stock/stock.js';
import { addTrace } from './commands/trace.js';
import { addUser } from './commands/user.js';
import { addWebhook } from './commands/webhook.js';
import { EXIT_CODES_HELP } from './exit-codes.js';
import { helpful } from './helpful.js';

export function createProgram(cli: Cli, on: { stdout: NodeJS.WritableStream; stderr: NodeJS.WritableStream }): Command {
  const program = new Command('relay')
    .exitOverride() // the caller ends the process
    .enablePositionalOptions() // an option belongs to the command it follows: mode and mode live both have --shop
    .configureOutput({
      writeOut: (text) => void on.stdout.write(text),
      writeErr: (text) => void on.stderr.write(text),
      getOutHelpWidth: () => cli.width,
      getErrHelpWidth: () => cli.width,
    })
    .description('HFT71 Relay: look at what it does, and steer it.');
  helpful(
    program,
    ['relay doctor', 'relay status', 'relay orders held', 'relay orders show 1001', 'relay status --json'],
    [
      EXIT_CODES_HELP,
      'Settings are read from the environment, from .env in this folder, and from what `npm start` runs with.',
      'Every command takes --json: one JSON document on stdout, a refusal too.',
    ],
  );
  addStatus(program, cli);
  addDoctor(program, cli);
  addOrders(program, cli);
  addTrace(program, cli);
  addLog(program, cli);
  addAudit(program, cli);
  addStatuses(program, cli);
  addPoll(program, cli);
  addStock(program, cli);
  addResend(program, cli);
  addMode(program, cli);
  addBreaker(program, cli);
  addBudget(program, cli);
  addIncident(program, cli);
  addAccount(program, cli);
  addExport(program, cli);
  addImport(program, cli);
  addLedger(program, cli);
  addReconcile(program, cli);
  addShadow(program, cli);
  addShop(program, cli);
  addWebhook(program, cli);
  addSmoke(program, cli);
  addUser(program, cli);
  return program;
}
