import { htmlAnswer, jsonAnswer, type Answer, type Call, type Target } from '../call.js';
import { isObject, parseJson } from '../json.js';
import type { Fault } from './fault.js';

/** What a fault may do with one request. The face supplies it; every way out records how the request ended. */
export interface Exchange {
  call: Call;
  target: Target;
  selfUrl: string;
  /** Carries the request out. */
  process(): Promise<Answer>;
  send(answer: Answer): void;
  /** Declares `declaredBytes`, sends `body`, closes. */
  sendCut(answer: Answer, body: Buffer, declaredBytes: number): void;
  sendDripping(answer: Answer, everyMs: number): Promise<void>;
  /** RST, where the transport has one. */
  reset(note: string): void;
  hang(note: string): void;
  later(delayMs: number, act: () => void): void;
  sleep(delayMs: number): Promise<boolean>;
  expireTokens(): void;
}

export async function actOut(fault: Fault, exchange: Exchange): Promise<void> {
  const { delayMs = 0 } = fault;
  switch (fault.kind) {
    case 'status':
      if (delayMs > 0) await exchange.sleep(delayMs);
      return exchange.send(statusAnswer(fault, 503));
    case 'accept-then-hang':
      await exchange.process();
      return exchange.hang('processed, then silent');
    case 'accept-then-status':
      await exchange.process();
      if (delayMs > 0) await exchange.sleep(delayMs);
      return exchange.send(statusAnswer(fault, 502));
    case 'accept-late':
      exchange.later(delayMs, () => void exchange.process());
      if (fault.close === true) return exchange.reset('reset, processed later');
      return exchange.hang('silent, processed later');
    case 'reset-before':
      return exchange.reset('reset, not processed');
    case 'reset-after':
      await exchange.process();
      return exchange.reset('processed, then reset');
    case 'hang':
      return exchange.hang('silent, not processed');
    case 'latency':
      return delayed(fault.processed === true, delayMs, exchange);
    case 'drip':
      return exchange.sendDripping(await exchange.process(), delayMs);
    case 'cut':
      return cut(fault, exchange);
    case 'redirect':
      return exchange.send({ status: fault.status ?? 302, headers: { location: exchange.selfUrl }, body: '' });
    case 'html-200':
      if (fault.processed === true) await exchange.process();
      return exchange.send(htmlAnswer(fault.status ?? 200, 'Just a moment...'));
    case 'no-id':
      return exchange.send(await withoutId(fault, exchange));
    case 'malformed-json': {
      const answer = fault.processed === false ? jsonAnswer(200, { orderId: 1 }) : await exchange.process();
      return exchange.send({ ...answer, body: answer.body.slice(0, Math.max(1, answer.body.length - 1)) });
    }
    case 'expire-tokens':
      exchange.expireTokens();
      return exchange.send(await exchange.process());
    case 'unauthorized':
      return exchange.send(unauthorized(exchange.target, fault));
    case 'refuse':
      return exchange.reset('refused');
  }
}

/** Carried out when the delay is over, or at once with `processed`: only the answer is slow then. */
async function delayed(processedAtOnce: boolean, delayMs: number, exchange: Exchange): Promise<void> {
  const early = processedAtOnce ? await exchange.process() : undefined;
  if (await exchange.sleep(delayMs)) exchange.send(early ?? (await exchange.process()));
}

async function cut(fault: Fault, exchange: Exchange): Promise<void> {
  const answer =
    fault.processed === false ? jsonAnswer(fault.status ?? 200, fault.body ?? {}) : await exchange.process();
  const whole = Buffer.from(answer.body);
  const sent = whole.subarray(0, fault.cutAfterBytes ?? Math.floor(whole.length / 2));
  exchange.sendCut(answer, sent, Math.max(whole.length, sent.length + 16));
}

async function withoutId(fault: Fault, exchange: Exchange): Promise<Answer> {
  const answer = fault.processed === false ? jsonAnswer(200, {}) : await exchange.process();
  const body = parseJson(answer.body);
  const rest = isObject(body)
    ? Object.fromEntries(Object.entries(body).filter(([key]) => key !== 'orderId' && key !== 'id'))
    : {};
  // A processed request that was refused keeps its refusal: only a success can lack its id.
  if (answer.status >= 300) return answer;
  return jsonAnswer(fault.status ?? answer.status, fault.body ?? rest);
}

function statusAnswer(fault: Fault, fallbackStatus: number): Answer {
  const status = fault.status ?? fallbackStatus;
  const headers: Record<string, string> = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter };
  if (typeof fault.body === 'string')
    return { status, headers: { 'content-type': 'text/plain', ...headers }, body: fault.body };
  if (fault.body !== undefined) return jsonAnswer(status, fault.body, headers);
  const page = htmlAnswer(status, `${status} from the gateway`);
  return { ...page, headers: { ...page.headers, ...headers } };
}

function unauthorized(target: Target, fault: Fault): Answer {
  const status = fault.status ?? 401;
  if (target === 'hft71') return jsonAnswer(status, fault.body ?? { message: 'Unauthorized' });
  return jsonAnswer(
    status,
    fault.body ?? {
      code: 'woocommerce_rest_authentication_error',
      message: 'Consumer key is invalid.',
      data: { status },
    },
  );
}
