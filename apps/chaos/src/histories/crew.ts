import { wake, waitUntilStopped, type SeededRandom, type StartedProcess } from '@relay/testing';
import type { Installation } from '../world/installation.js';
import { STEPS_TO_DIE_AT } from './faults.js';

/** The workers of a relay: killed, put to sleep, started again. */
export class Crew {
  #atWork: StartedProcess[] = [];
  /** Those that sleep, and those that will at their step. */
  #sleepers: StartedProcess[] = [];

  constructor(
    readonly relay: Installation,
    readonly random: SeededRandom,
  ) {}

  async ensure(workers: number): Promise<void> {
    while (this.#atWork.length < workers) this.#atWork.push(await this.relay.startWorker());
  }

  async killOne(): Promise<void> {
    await this.#takeOne()?.kill('SIGKILL');
    await this.ensure(1);
  }

  /** The first order that gets to this step loses its worker there, by death or by a long sleep. */
  async startOneThatFails(): Promise<void> {
    const signal = this.random.pick(['SIGKILL', 'SIGSTOP'] as const);
    const failAt = { step: this.random.pick(STEPS_TO_DIE_AT), signal };
    this.#sleepers.push(await this.relay.startWorker({ failAt }));
    await this.#takeOne()?.kill('SIGKILL'); // so that it gets some orders
  }

  async pauseOne(): Promise<void> {
    const worker = this.#takeOne();
    if (worker === undefined) return;
    process.kill(worker.pid, 'SIGSTOP');
    await waitUntilStopped(worker);
    this.#sleepers.push(worker);
  }

  wakeAll(): void {
    for (const { pid } of this.#sleepers) wake(pid);
  }

  async sendSleepersHome(): Promise<void> {
    await Promise.all(this.#sleepers.map((worker) => worker.kill('SIGKILL')));
    this.#sleepers = [];
  }

  /** Sleepers cannot end in an orderly way: they are killed, whatever the others are told. */
  async stopAll(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.sendSleepersHome();
    await Promise.all(this.#atWork.map((worker) => worker.kill(signal)));
    this.#atWork = [];
  }

  #takeOne(): StartedProcess | undefined {
    if (this.#atWork.length === 0) return undefined;
    return this.#atWork.splice(this.random.whole(0, this.#atWork.length - 1), 1)[0];
  }
}
