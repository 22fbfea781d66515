import { PassThrough } from 'node:stream';
import { CallFailure } from '@relay/core';
import { createLogger, createSilentLogger, type LogLevel } from './index.js';

function loggerWithLines(level: LogLevel = 'info') {
  const stream = new PassThrough();
  const written: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => written.push(chunk));
  const logger = createLogger({ level, service: 'worker', stream });
  const text = () => Buffer.concat(written).toString();
  const lines = () =>
    text()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, lines, text };
}

describe('createLogger', () => {
  it('writes one JSON object a line, with timestamp, level, service, message and fields', () => {
    const { logger, lines } = loggerWithLines();
    logger.info('sent', { orderId: 72774, attemptToken: 'b2c0' });
    expect(lines()).toEqual([
      {
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
        level: 'info',
        service: 'worker',
        message: 'sent',
        orderId: 72774,
        attemptToken: 'b2c0',
      },
    ]);
  });

  it('leaves out what is below its level', () => {
    const { logger, lines } = loggerWithLines('warn');
    logger.info('quiet');
    logger.error('loud');
    expect(lines().map(({ message }) => message)).toEqual(['loud']);
  });

  it('lets a child add fields to each line, and a child of it more', () => {
    const { logger, lines } = loggerWithLines();
    logger.child({ shop: 'eu' }).child({ orderId: 7 }).warn('held', { reason: 'in-doubt' });
    expect(lines()[0]).toMatchObject({ shop: 'eu', orderId: 7, reason: 'in-doubt' });
  });

  it('keeps its own level, message and service, whatever the fields are called', () => {
    const { logger, lines } = loggerWithLines();
    logger.info('real', { message: 'other', level: 'error', service: 'other' });
    expect(lines()[0]).toMatchObject({ message: 'real', level: 'info', service: 'worker' });
  });

  it('blots out secrets and personal data by key, at any depth and in any spelling', () => {
    const { logger, lines, text } = loggerWithLines();
    logger.info('call', {
      headers: { Authorization: 'x1x', 'X-HFT71-Webhook-Secret': 'x2x' },
      auth: { consumer_key: 'x3x', consumerSecret: 'x4x', access_token: 'x5x', PASSWORD: 'x6x' },
      order: [{ billing: { city: 'x7x' }, first_name: 'x8x', customerName: 'x9x', phone: 'x10x', mobile: 'x11x' }],
      sku: 'GL64000-00007-0046',
      email: null,
    });
    expect(text()).not.toMatch(/x\d+x/);
    expect(lines()[0]).toMatchObject({ sku: 'GL64000-00007-0046', email: null, auth: { PASSWORD: '[redacted]' } });
  });

  it('blots out what looks like a credential or an e-mail address, in message and fields', () => {
    const { logger, text } = loggerWithLines();
    const token = `${'a'.repeat(20)}.${'b'.repeat(20)}.${'c'.repeat(20)}`;
    const credentials = [
      'Bearer abcdefgh123',
      'Basic dXNlcjpwYXNz',
      'ck_0123456789abcdef',
      'cs_0123456789abcdef',
      token,
    ];
    const others = ['john.doe+x@mail.example.com', 'postgresql://relay:hunter2@db/relay'];
    for (const found of [...credentials, ...others])
      logger.info(`saw ${found}.`, { text: `saw ${found}`, list: [found] });
    for (const found of ['abcdefgh123', 'dXNlcjpwYXNz', '0123456789abcdef', token, 'john.doe', 'hunter2']) {
      expect(text()).not.toContain(found);
    }
    expect(text()).toContain('db/relay');
  });

  it('tells of a failed call by class, status and code alone', () => {
    const { logger, lines } = loggerWithLines();
    const error = new CallFailure({
      target: 'hft71',
      action: 'send_order',
      failure: 'unavailable',
      status: 503,
      hint: 'a hint',
    });
    logger.warn('failed', { error });
    expect(lines()[0]?.error).toEqual({
      name: 'CallFailure',
      target: 'hft71',
      action: 'send_order',
      failure: 'unavailable',
      status: 503,
      code: null,
      retryAfterMs: null,
    });
  });

  it('tells of any other error by name, message and stack, and never by what hangs on it', () => {
    const { logger, lines, text } = loggerWithLines();
    const error = Object.assign(new TypeError('no route for john@example.com', { cause: new Error('refused') }), {
      code: 'ECONNREFUSED',
      config: { headers: { x: 'LEAK' } },
      request: { path: 'LEAK' },
      response: { data: 'LEAK' },
    });
    logger.error('failed', { error });
    expect(text()).not.toContain('LEAK');
    expect(text()).not.toContain('john@');
    expect(lines()[0]?.error).toMatchObject({
      name: 'TypeError',
      message: 'no route for [redacted]',
      code: 'ECONNREFUSED',
      stack: expect.stringContaining('logger.spec') as string,
      cause: { name: 'Error', message: 'refused' },
    });
  });

  it('writes a line for anything that it is given', () => {
    const { logger, lines } = loggerWithLines();
    const circle: Record<string, unknown> = { big: 10n, when: new Date(0), never: new Date(Number.NaN), run: () => 1 };
    circle.self = circle;
    logger.info('odd', { circle, nothing: undefined, list: [circle] });
    expect(lines()[0]?.circle).toMatchObject({ big: '10', when: '1970-01-01T00:00:00.000Z', self: '[circular]' });
  });
});

describe('createSilentLogger', () => {
  it('takes everything and says nothing', () => {
    const logger = createSilentLogger().child({ a: 1 });
    expect(() => logger.error('x', { error: new Error('y') })).not.toThrow();
  });
});
