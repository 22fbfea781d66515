import { keepStockRun, type StockRunFigures } from '@relay/ledger';
import type { StockContext } from './context.js';

const LEASE_MS = 15_000;
const PULSE_MS = 3_000;
export const STOCK_LEASE_MS = LEASE_MS;

/** The run is another worker's by now, or this worker stops: nothing more is read or written for it. */
export class RunEnded extends Error {
  override readonly name = 'RunEnded';
}

type Figures = { -readonly [Name in keyof StockRunFigures]-?: StockRunFigures[Name] & {} };

/** How far a run has come, told to the ledger every few seconds: the console's progress, and the sign that it lives. */
export class RunProgress {
  readonly figures: Figures;
  #isMine = true;
  #pulse: NodeJS.Timeout | undefined;

  constructor(
    private readonly ctx: StockContext,
    private readonly runId: string,
  ) {
    this.figures = {
      ...{ step: 'feed', pages: 0, skus: 0, matched: 0, readSkus: 0, differences: 0, written: 0 },
      ...{ writeCalls: 0, calls: 0, skipped: 0, errors: 0, raced: 0, diffMs: 0 },
    };
  }

  start(): void {
    this.#pulse = setInterval(() => void this.tell().catch(() => undefined), PULSE_MS); // PostgreSQL away: the next one
    this.#pulse.unref();
  }

  stop(): void {
    clearInterval(this.#pulse);
  }

  readonly isOver = (): boolean => !this.#isMine || this.ctx.isStopping();

  /** @throws RunEnded when the run is no longer this worker's. To be called right before each write. */
  async tell(step?: Figures['step']): Promise<void> {
    if (step !== undefined) this.figures.step = step;
    const kept = await keepStockRun(this.ctx.ledger, this.runId, {
      worker: this.ctx.worker,
      leaseMs: LEASE_MS,
      figures: this.figures,
    });
    if (!kept) this.#isMine = false;
    if (this.isOver()) throw new RunEnded();
    this.ctx.onProgress();
  }
}
