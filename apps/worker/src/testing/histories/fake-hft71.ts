import { CallFailure, type PostObservation } from '@relay/core';
import type { Hft71Client, Hft71Reads, OrderConnection, OrderPost } from '@relay/hft71';
import type { Run } from './run.js';
import type { SteeredClock } from './steered-clock.js';

/** What HFT71 does with a reference that it has already. */
export type Repeated = 'made-again' | 'rejected-with-id' | 'rejected-without-id' | 'replayed';

/** How the next POST fares. */
export interface PostFault {
  /** `late`: only after the call has ended. */
  readonly accepts: 'at-once' | 'late' | 'never';
  /** A status without the order's id; `none`: nothing comes until the deadline; `id`: as it should be. */
  readonly answer: 'id' | 'none' | 200 | 401 | 403 | 422 | 429 | 502 | 503;
  /** Of the time that the guarantee allows: until it is accepted, and from there until look-ups show it. */
  readonly delayShare: number;
  readonly lagShare: number;
}

/** `empty` finds nothing, `unfiltered` answers all orders, `html` cannot be read, `away` gives no answer. */
export type LookUpMode = 'works' | 'empty' | 'unfiltered' | 'html' | 'away';

export interface AcceptedOrder {
  readonly orderId: string;
  readonly referenceId: string;
  readonly at: number;
  readonly visibleAt: number;
}

const ANSWER_TIMEOUT_MS = 20_000;
/** Of settle: the guarantee's proviso, with room to spare. */
const ALLOWED_SHARE = 0.9;

/** An HFT71 in memory, which keeps the proviso: it accepts and shows a call within settle of its end. */
export class FakeHft71 {
  readonly orders: AcceptedOrder[] = [];
  readonly faults: PostFault[] = [];
  lookUps: LookUpMode = 'works';
  #onTheWay: { readonly referenceId: string; readonly at: number; readonly lagMs: number }[] = [];
  #lastId = 7_000;
  #lastToken = 1;
  #goodToken = 'token-1';

  constructor(
    readonly clock: SteeredClock,
    readonly settleMs: number,
    readonly repeated: Repeated,
    readonly tell: (line: string) => void,
  ) {}

  heal(): void {
    this.faults.length = 0;
    this.lookUps = 'works';
  }

  /** Calls that HFT71 still had in hand are accepted at their time, whoever asks for them by now. */
  catchUp(): void {
    const due = this.#onTheWay.filter(({ at }) => at <= this.clock.nowMs).sort((a, b) => a.at - b.at);
    this.#onTheWay = this.#onTheWay.filter(({ at }) => at > this.clock.nowMs);
    for (const { referenceId, at, lagMs } of due) this.#take(referenceId, at, lagMs);
  }

  visible(): AcceptedOrder[] {
    return this.orders.filter(({ visibleAt }) => visibleAt <= this.clock.nowMs);
  }

  #take(referenceId: string, at: number, lagMs: number): { made: AcceptedOrder } | { existing: AcceptedOrder } {
    const existing = this.orders.find((order) => order.referenceId === referenceId && order.visibleAt <= at);
    if (existing !== undefined && this.repeated !== 'made-again') return { existing };
    const made = { orderId: String(++this.#lastId), referenceId, at, visibleAt: at + lagMs };
    this.orders.push(made);
    this.tell(`HFT71 accepts ${referenceId} as ${made.orderId}`);
    return { made };
  }

  client(run: Run): Hft71Client {
    const reads = this.#reads(run);
    const unused = () => Promise.reject(new Error('no history calls this'));
    return {
      ...reads,
      reading: () => reads,
      logInToken: async () => this.#goodToken,
      refusedToken: async () => (this.#goodToken = `token-${++this.#lastToken}`),
      tokenWasAccepted: async () => true,
      // The hand-off only closes it; the class has private parts that no object literal can have.
      openConnection: async () => ({ close: () => undefined }) as unknown as OrderConnection,
      postOrder: (post) => this.#post(run, post),
      putOrderStatus: unused,
      putOrderAddress: unused,
    };
  }

  async #post(run: Run, post: OrderPost): Promise<PostObservation> {
    await run.border('before the bytes of the POST');
    const seen = (rest: Partial<PostObservation>): PostObservation => ({
      left: true,
      status: null,
      headers: {},
      body: null,
      error: null,
      durationMs: 0,
      ...rest,
    });
    const tooLate = post.sendBy();
    if (tooLate !== null) return seen({ left: false, error: tooLate });

    const { accepts, answer, delayShare, lagShare } = this.faults.shift() ?? WELL;
    const allowedMs = ALLOWED_SHARE * this.settleMs;
    const delayMs = delayShare * allowedMs;
    const lagMs = lagShare * (accepts === 'late' ? allowedMs - delayMs : allowedMs);
    const { referenceId } = post;
    const taken = accepts === 'at-once' ? this.#take(referenceId, this.clock.nowMs, lagMs) : null;
    if (accepts === 'late') {
      const endsIn = answer === 'none' ? ANSWER_TIMEOUT_MS : 0;
      this.#onTheWay.push({ referenceId, at: this.clock.nowMs + endsIn + delayMs, lagMs });
    }
    this.tell(`POST ${referenceId}: accepted ${accepts}, answer ${answer}`);
    if (answer === 'none') this.clock.pass(ANSWER_TIMEOUT_MS);
    await run.border('after the POST');
    if (answer === 'none') return seen({ error: 'deadline' });
    if (answer !== 'id' || taken === null) return seen({ status: answer === 'id' ? 502 : answer, body: '{}' });
    if ('made' in taken) return seen({ status: 201, body: JSON.stringify({ orderId: taken.made.orderId }) });
    return seen(this.#repeatedAnswer(referenceId, taken.existing.orderId));
  }

  #repeatedAnswer(referenceId: string, orderId: string): Partial<PostObservation> {
    if (this.repeated === 'replayed') return { status: 200, body: JSON.stringify({ orderId }) };
    const message = `referenceId ${referenceId} already exists`;
    return {
      status: 409,
      body: JSON.stringify(this.repeated === 'rejected-with-id' ? { message, orderId } : { message }),
    };
  }

  #reads(run: Run): Hft71Reads {
    const find = (orderId: string) => this.visible().find((order) => order.orderId === orderId);
    return {
      lookUpByReference: (_path, reference) =>
        run.passing(`a look-up of ${reference.replace(/^(made-up).*/, '$1')}`, async () => {
          const { lookUps } = this;
          if (lookUps === 'away')
            throw new CallFailure({ target: 'hft71', action: 'look_up', failure: 'unavailable', code: 'ECONNREFUSED' });
          if (lookUps === 'html') return { kind: 'unreadable', reason: 'not JSON' };
          if (lookUps === 'empty') return { kind: 'orders', orders: [] };
          const orders = this.visible().filter((order) => lookUps === 'unfiltered' || order.referenceId === reference);
          return { kind: 'orders', orders };
        }),
      order: (orderId) =>
        run.passing(`the read of HFT71’s ${orderId}`, async () => {
          const order = find(orderId);
          return order === undefined
            ? 'not-found'
            : { orderId: order.orderId, referenceId: order.referenceId, shipping: null };
        }),
      orderStatus: async (orderId) => {
        if (find(orderId) !== undefined) return [];
        throw new CallFailure({ target: 'hft71', action: 'get_status', failure: 'not-found', status: 404 });
      },
      customerStatus: async () => [],
      stockPage: async () => ({ rows: [], faults: [], entries: 0 }),
      stockFeed: async function* () {
        yield* [];
      },
    };
  }
}

const WELL: PostFault = { accepts: 'at-once', answer: 'id', delayShare: 0, lagShare: 0 };
