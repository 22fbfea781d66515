import { ALERT_KINDS as K } from '@relay/core';
import { listIncidents, pauseShop, raiseAlert, resumeShop } from '@relay/ledger';
import { reportIncident } from './incident-report.js';
import { actOnIncident, findIncident } from './incidents.js';
import { MINUTE, startAlertWorld, type AlertWorld, type TestCall } from './testing-world.js';

let world: AlertWorld;

beforeAll(async () => {
  world = await startAlertWorld({ ALERT_WEBHOOK_URL: 'http://127.0.0.1:1/hook' });
});
afterAll(async () => {
  await world.close();
});
beforeEach(async () => {
  await world.sql(
    'truncate api_call, intent, shop_order, order_event, progress, alert, alert_pending, incident, incident_event, alert_message, delivery, audit restart identity',
  );
  await world.sql('update shop set paused_at = null, paused_by = null, pause_reason = null');
  await breaker('closed');
  await world.workerBeats();
  await world.stockRun();
});

const breaker = (state: 'open' | 'closed') =>
  world.sql('update account set breaker_state = $1, breaker_owner = $2, breaker_since = now()', [
    state,
    state === 'open' ? 'failures' : null,
  ]);
const outage = async () => {
  await breaker('open');
  await world.pass(3 * MINUTE, 30_000);
  await breaker('closed');
  await world.pass(3 * MINUTE, 30_000);
};
const now = async () => (await world.sql('select now()'))[0]?.['now'] as Date;
const raise = (kind: string, severity: 1 | 2 | 3, subject: string) =>
  raiseAlert(world.relay.ledger, { kind, severity, subject, message: `about ${subject}` });
const messages = async () =>
  (
    await world.sql(`select e.change from alert_message m join incident_event e on e.id = m.event_id order by m.id`)
  ).map(({ change }) => change);
const act = (how: 'acknowledge' | 'mitigate' | 'close', reason: string | null = null, incidentId = 1) =>
  actOnIncident(world.relay, how, { incidentId, actor: 'eve', reason });

describe('a storm', () => {
  it('of fifty alerts is one incident and one message', async () => {
    for (let order = 1; order <= 50; order += 1) await raise('duplicate at HFT71', 1, `main/${order}`);
    await world.evaluate();
    expect(await world.incidents()).toMatchObject([{ severity: 1, alerts: 50, firing: 50 }]);
    expect(await messages()).toEqual(['opened']);
  });

  it('that goes on for an hour stays that one incident', async () => {
    for (let order = 1; order <= 6; order += 1) {
      await raise('order not taken in', 1, `main/${order}`);
      await world.pass(10 * MINUTE, 5 * MINUTE);
    }
    expect(await world.incidents()).toMatchObject([{ alerts: 6 }]);
    expect(await messages()).toEqual(['opened', 'late', 'late']);
  });

  it('of many kinds tells each kind once, and is one incident', async () => {
    await breaker('open');
    await world.calls(4, { status: 503 });
    await world.pass(5 * MINUTE, 30_000);
    await world.orders(30, { state: 'held', reason: 'in-doubt' });
    await world.pass(5 * MINUTE, 30_000);
    expect(await world.incidents()).toMatchObject([{ severity: 1, alerts: 3 }]);
    expect((await messages()).filter((change) => change !== 'late')).toEqual(['opened', 'also', 'also']);
  });

  it('of dead workers takes in what follows from them', async () => {
    for (let at = 0; at < 4; at += 1) {
      await world.advance(MINUTE);
      await world.evaluate();
    }
    await raise('order not taken in', 1, 'main/1');
    await world.evaluate();
    expect(await world.incidents()).toMatchObject([{ cause: 'relay', alerts: 2 }]);
  });
});

describe('an outage that several accounts see', () => {
  const account = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
  const connect = async (n: number, { baseUrl, host }: { baseUrl: string; host: string }) => {
    await world.sql(
      `insert into account (id, base_url, username, window_base, max_in_flight) values ($1, $2, $3, 6, 6)`,
      [account(n), baseUrl, `u${n}`],
    );
    await world.sql(`insert into shop_host (id) values ($1) on conflict do nothing`, [host]);
    await world.sql(`insert into shop (id, account_id, base_url, mode, host) values ($1, $2, $3, 'shadow', $4)`, [
      `shop${n}`,
      account(n),
      `https://${host}/${n}`,
      host,
    ]);
  };
  const causes = async () => (await world.incidents()).map(({ cause }) => cause);
  const anotherHft71 = 'https://another.hft71.example';

  beforeAll(async () => {
    const [own] = await world.sql('select base_url from account');
    await connect(2, { baseUrl: String(own?.['base_url']), host: 'twin.example' });
    await connect(3, { baseUrl: String(own?.['base_url']), host: 'twin.example' });
    await connect(4, { baseUrl: anotherHft71, host: 'alone.example' });
  });
  afterAll(async () => {
    await world.sql(`delete from shop where id <> 'main'`);
    await world.sql('delete from account where id <> $1', [world.accountId]);
    await world.sql(`delete from shop_host where id in ('twin.example', 'alone.example')`);
  });

  it('of HFT71 is one incident, whichever rule sees it first at each of them', async () => {
    await raise(K.failedSends, 1, world.accountId);
    await raise(K.breaker, 1, account(2));
    await raise(K.failedSends, 1, account(3));
    await raise(K.breaker, 1, account(4));
    await world.evaluate();
    await raise(K.breaker, 1, account(3));
    await raise('order not taken in', 1, 'shop3/1');
    await world.evaluate();
    expect(await world.incidents()).toMatchObject([
      { cause: account(4), alerts: 1 },
      { cause: world.accountId, alerts: 5 },
    ]);
    expect((await messages()).filter((change) => change === 'opened')).toHaveLength(2);
  });

  it('stands on the list of each of their shops, with the orders of all', async () => {
    await raise(K.breaker, 1, world.accountId);
    await raise(K.breaker, 1, account(2));
    await raise(K.breaker, 1, account(4));
    await world.evaluate();
    const idsOf = async (shopId: string) =>
      (await listIncidents(world.relay.ledger, { all: true, limit: 9, shopId })).map(({ id }) => id);
    expect(await Promise.all(['main', 'shop2', 'shop3', 'shop4'].map(idsOf))).toEqual([[1], [1], [], [2]]);
    expect(await findIncident(world.relay, 1, 'shop2')).toMatchObject({ kind: 'found' });
    expect(await findIncident(world.relay, 1, 'shop4')).toMatchObject({ kind: 'refused' });
    for (const shopId of ['main', 'shop2', 'shop4'])
      await world.sql(
        `insert into api_call (at, shop_id, target, action, method, path, status, duration_ms)
         values (now(), $1, 'hft71', 'send_order', 'POST', '/order', 503, 10)`,
        [shopId],
      );
    expect(await reportIncident(world.relay, 1)).toMatchObject({
      report: { evidence: { failingCalls: [{ status: 503, calls: 2 }] } },
    });
  });

  it('of a host is one incident; what is an account’s own is not', async () => {
    await raise(K.hostBreaker, 1, 'shop2');
    await raise(K.hostBreaker, 1, 'shop3');
    await raise(K.hostBreaker, 1, 'shop4');
    await world.evaluate();
    expect(await causes()).toEqual([account(4), account(2)]);
    await raise(K.credentials, 1, world.accountId);
    await raise(K.breaker, 1, world.accountId); // of that log-in, while HFT71 is away for others
    await world.evaluate();
    expect(await world.incidents()).toMatchObject([{ cause: world.accountId, alerts: 2 }, {}, {}]);
  });
});

describe('what belongs together', () => {
  it('an outage is no part of a small matter that waits for days', async () => {
    await world.orders(1, { state: 'held', reason: 'mapping' });
    await world.pass(60 * MINUTE, 10 * MINUTE);
    await breaker('open');
    await world.pass(4 * MINUTE, MINUTE);
    expect(await world.incidents()).toMatchObject([
      { severity: 1, alerts: 1 },
      { severity: 3, alerts: 1 },
    ]);
  });

  it('a campaign that was not verified waits for a person, and takes nothing else in', async () => {
    await raise('campaign not verified', 2, 'main/campaign 1');
    await world.pass(60 * MINUTE, 10 * MINUTE);
    await raise('shop webhook disabled', 2, 'main');
    await world.evaluate();
    expect(await world.incidents()).toMatchObject([
      { id: 2, alerts: 1 },
      { id: 1, alerts: 1 },
    ]);
    expect(await act('close', 'each order was looked at')).toMatchObject({ kind: 'done' });
    expect(await world.firing()).toEqual(['shop webhook disabled']);
  });

  it('what begins small and becomes worse at once is one that becomes worse', async () => {
    await raise('unknown HFT71 status', 3, 'main/lost');
    await world.evaluate();
    expect(await act('acknowledge')).toMatchObject({ kind: 'done' });
    await raise('another sender', 1, 'main');
    await world.evaluate();
    expect(await world.incidents()).toMatchObject([{ severity: 1, alerts: 2, state: 'firing', acknowledgedAt: null }]);
    expect(await messages()).toEqual(['opened', 'acknowledged', 'worse']);
  });

  const held = (count: number, firstId: number) => world.orders(count, { state: 'held', reason: 'mapping', firstId });

  it('a held order that waits for days hides no others: twice as many are told, once in a cooldown', async () => {
    await held(1, 1);
    await world.pass(MINUTE, MINUTE);
    await act('acknowledge');
    await world.pass(20 * MINUTE, 5 * MINUTE);
    await held(2, 10);
    await world.pass(5 * MINUTE, MINUTE);
    await held(15, 20);
    await world.pass(5 * MINUTE, MINUTE);
    expect(await messages()).toEqual(['opened', 'acknowledged', 'more']);
    await world.pass(12 * MINUTE, 2 * MINUTE);
    expect(await messages()).toEqual(['opened', 'acknowledged', 'more', 'more']);
    await world.pass(20 * MINUTE, 5 * MINUTE);
    await held(1, 50);
    await world.pass(MINUTE, MINUTE);
    expect(await world.incidents()).toMatchObject([{ severity: 3, alerts: 1, state: 'acknowledged' }]);
    const [, , , last] = await world.sql('select what from incident_event where change in ($1, $2, $3) order by id', [
      ...['opened', 'acknowledged', 'more'],
    ]);
    expect(last?.['what']).toBe('SEV-3 orders held: 18 orders wait for a person: relay orders held');
    await held(1, 60);
    await world.pass(20 * MINUTE, MINUTE); // the twentieth is worse, and that is all that is told of it
    expect(await messages()).toEqual(['opened', 'acknowledged', 'more', 'more', 'worse', 'late']);
  });

  it('what was settled meanwhile counts no more: as many new ones are told again', async () => {
    await held(8, 1);
    await world.pass(20 * MINUTE, MINUTE);
    await world.sql(`update intent set state = 'written_back', hft71_order_id = 'H' || order_id where order_id > 1`);
    await world.pass(20 * MINUTE, MINUTE);
    await held(1, 20);
    await world.pass(20 * MINUTE, MINUTE);
    expect(await messages()).toEqual(['opened', 'more']);
  });

  it('more of what was said to be mitigated opens it anew', async () => {
    await held(2, 1);
    await world.pass(20 * MINUTE, MINUTE);
    await act('mitigate', 'they wait for their customers');
    await held(2, 10);
    await world.pass(MINUTE, MINUTE);
    expect(await world.incidents()).toMatchObject([{ state: 'firing', mitigatedAt: null }]);
    expect(await messages()).toEqual(['opened', 'mitigated', 'reopened']);
  });

  it('an alert that becomes worse makes its incident so', async () => {
    await world.orders(1, { state: 'held', reason: 'mapping' });
    await world.pass(MINUTE, MINUTE);
    await world.orders(30, { state: 'held', reason: 'mapping', firstId: 100 });
    await world.pass(MINUTE, MINUTE);
    expect(await world.incidents()).toMatchObject([{ severity: 2, alerts: 1 }]);
    expect(await messages()).toEqual(['opened', 'worse']);
  });
});

describe('the end of an incident', () => {
  it('comes by itself once its alerts have been gone for a while; flapping stays the same incident', async () => {
    await outage();
    expect(await world.incidents()).toMatchObject([{ firing: 0, resolvedAt: null }]);
    await outage();
    await outage();
    await world.pass(16 * MINUTE, 4 * MINUTE);
    const [incident, ...others] = await world.incidents();
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ state: 'resolved', resolvedBy: 'relay', alerts: 3 });
    expect(incident?.endedAt?.getTime()).toBeLessThan(incident?.resolvedAt?.getTime() ?? 0);
    expect(await messages()).toEqual(['opened', 'late', 'resolved']); // nobody acknowledged it, and it came back
  });

  it('is undone where it comes back soon after', async () => {
    await outage();
    await world.pass(16 * MINUTE, 4 * MINUTE);
    await outage();
    expect(await world.incidents()).toMatchObject([{ state: 'firing', alerts: 2, resolvedAt: null }]);
    expect(await messages()).toEqual(['opened', 'resolved', 'reopened']);
    await world.pass(60 * MINUTE, 10 * MINUTE);
    await outage();
    expect((await world.incidents()).map(({ state }) => state)).toEqual(['firing', 'resolved']);
  });

  it.each<[string, Partial<TestCall>, string, () => Promise<unknown>]>([
    ['hand-off', {}, K.failedSends, () => Promise.resolve()],
    ['log-in', { action: 'login', status: 401 }, K.credentials, () => Promise.resolve()],
    ['hand-off before many good ones', {}, K.failedSends, () => world.calls(40)],
  ])('is the last refused %s, not when that was long enough ago to be told', async (_what, call, kind, then) => {
    await world.calls(3, { status: 503, ...call });
    await world.pass(MINUTE, 15_000);
    await world.calls(1, { status: 503, ...call });
    const failedAt = await now();
    await world.pass(15_000);
    await then();
    await world.pass(10 * MINUTE, 30_000);
    expect(await world.firing()).toEqual([]);
    const [incident] = await world.incidents();
    expect(incident).toMatchObject({ title: expect.stringContaining(kind) as string, endedAt: failedAt });
    const reported = await reportIncident(world.relay, 1);
    if (reported.kind !== 'reported') throw new Error(reported.what);
    expect(reported.report.evidence.endedAt).toBe(failedAt.toISOString());
    expect(reported.report.incident.gathered).toMatchObject([{ endedAt: failedAt }]);
    const utc = failedAt.toISOString().slice(0, 19).replace('T', ' ');
    expect(reported.report.markdown).toContain(`- end: ${utc}`);
    expect(reported.report.markdown).toContain(`to ${utc})`);
  });

  it('is the last look that found it true, and a target after that was kept', async () => {
    await breaker('open');
    await world.pass(3 * MINUTE, 15_000);
    await act('acknowledge');
    await world.pass(28 * MINUTE, 15_000);
    const lastTrueAt = await now();
    await breaker('closed');
    for (let at = 0; at < 5 * MINUTE; at += 15_000) {
      await world.pass(15_000);
      expect(await world.incidents()).toMatchObject([{ mitigatedLate: false }]);
    }
    const [incident] = await world.incidents();
    expect(incident).toMatchObject({ firing: 0, endedAt: lastTrueAt });
    expect(incident?.mitigateBy?.getTime()).toBeGreaterThan(lastTrueAt.getTime());
    expect(incident?.mitigateBy?.getTime()).toBeLessThan((await now()).getTime());
    expect(await messages()).toEqual(['opened', 'acknowledged']);
  });

  it('is refused by hand while something is still true', async () => {
    await breaker('open');
    await world.pass(3 * MINUTE, 30_000);
    expect(await act('close', 'looks fine')).toMatchObject({
      kind: 'refused',
      what: expect.stringContaining('breaker open') as string,
    });
    expect(await world.incidents()).toMatchObject([{ state: 'firing' }]);
  });

  it('by hand ends what only a person can know, and stands in the audit', async () => {
    await raise('duplicate at HFT71', 1, 'main/1');
    await world.evaluate();
    expect(await act('close', 'cancelled one there')).toMatchObject({
      kind: 'done',
      incident: { state: 'resolved', resolvedBy: 'eve', reason: 'cancelled one there' },
    });
    expect(await world.firing()).toEqual([]);
    expect(await world.sql('select actor, action, subject, reason from audit')).toEqual([
      { actor: 'eve', action: 'incident close', subject: 'incident 1', reason: 'cancelled one there' },
    ]);
    expect(await act('close', 'again')).toMatchObject({ kind: 'refused' });
    expect(await act('close', 'x', 99)).toMatchObject({ kind: 'refused', isUnknown: true });
  });
});

describe('closing by hand', () => {
  it.each(['stock run failed', 'stock feed refused', 'another sender', 'campaign needs a person'])(
    'ends "%s", where what would end it may never come',
    async (kind) => {
      await raise(kind, 2, 'main');
      await world.evaluate();
      expect(await act('close', 'the stock is kept elsewhere now')).toMatchObject({ kind: 'done' });
      expect(await world.firing()).toEqual([]);
    },
  );

  it('is refused for what the workers look at again and again', async () => {
    await raise('orders wait', 2, 'main');
    await world.evaluate();
    expect(await act('close', 'never mind')).toMatchObject({ kind: 'refused' });
  });
});

describe('what comes back', () => {
  const dayLater = async () => {
    await world.advance(24 * 60 * MINUTE);
    await world.workerBeats();
    await world.stockRun();
  };

  it('after it was said to be mitigated is told, and is to be acknowledged and mitigated again', async () => {
    await outage();
    await act('mitigate', 'HFT71 is back');
    await breaker('open');
    await world.pass(3 * MINUTE, 30_000);
    const [incident, ...others] = await world.incidents();
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ state: 'firing', acknowledgedAt: null, mitigatedAt: null, alerts: 2 });
    expect(incident).toMatchObject({ acknowledgedLate: false, mitigatedLate: false });
    expect(await messages()).toEqual(['opened', 'mitigated', 'reopened']);
    await world.pass(40 * MINUTE, MINUTE);
    expect(await messages()).toEqual(['opened', 'mitigated', 'reopened', 'late', 'late']);
    expect(await act('acknowledge')).toMatchObject({ kind: 'done' });
    expect(await act('mitigate', 'again')).toMatchObject({ kind: 'done' });
  });

  it('soon after the end of what was mitigated is chased as a new one is', async () => {
    await outage();
    await act('mitigate', 'HFT71 is back');
    await world.pass(16 * MINUTE, 4 * MINUTE);
    await breaker('open');
    await world.pass(3 * MINUTE, 30_000);
    expect(await world.incidents()).toMatchObject([{ state: 'firing', alerts: 2, resolvedAt: null }]);
    await world.pass(10 * MINUTE, MINUTE);
    expect(await messages()).toEqual(['opened', 'mitigated', 'resolved', 'reopened', 'late']);
    expect(await act('acknowledge')).toMatchObject({ kind: 'done' });
  });

  it('soon after the end of what was only acknowledged stays with whoever acknowledged it', async () => {
    await outage();
    await act('acknowledge');
    await world.pass(16 * MINUTE, 4 * MINUTE);
    await outage();
    expect(await world.incidents()).toMatchObject([{ state: 'acknowledged', acknowledgedBy: 'eve', resolvedAt: null }]);
  });

  it('a day later in an incident that nobody closed is told once, however many there are', async () => {
    await raise('duplicate at HFT71', 1, 'main/1');
    await world.evaluate();
    await act('mitigate', 'cancelled one there');
    await dayLater();
    for (let order = 2; order <= 51; order += 1) await raise('duplicate at HFT71', 1, `main/${order}`);
    await world.advance(20 * MINUTE); // nobody judged meanwhile, and they are one message all the same
    await world.workerBeats();
    await world.evaluate();
    expect(await world.incidents()).toMatchObject([{ state: 'firing', alerts: 51 }]);
    expect(await messages()).toEqual(['opened', 'mitigated', 'reopened']);
  });

  it('a day later is told to whoever only acknowledged the first', async () => {
    await raise('duplicate at HFT71', 1, 'main/1');
    await world.evaluate();
    await act('acknowledge');
    await world.pass(40 * MINUTE, 10 * MINUTE);
    await dayLater();
    for (let order = 2; order <= 51; order += 1) await raise('duplicate at HFT71', 1, `main/${order}`);
    await world.evaluate();
    expect(await world.incidents()).toMatchObject([{ state: 'acknowledged', alerts: 51 }]);
    expect(await messages()).toEqual(['opened', 'acknowledged', 'late', 'also']);
  });
});

describe('the response targets', () => {
  it('are kept by whoever acknowledges and mitigates in time', async () => {
    await raise('another sender', 1, 'main');
    await world.evaluate();
    await world.advance(4 * MINUTE);
    await act('acknowledge');
    await world.advance(20 * MINUTE);
    await act('mitigate', 'the plugin is off');
    await world.pass(30 * MINUTE, 10 * MINUTE);
    expect(await world.incidents()).toMatchObject([
      { acknowledgedBy: 'eve', acknowledgedLate: false, mitigatedBy: 'eve', mitigatedLate: false, state: 'mitigated' },
    ]);
    expect(await messages()).toEqual(['opened', 'acknowledged', 'mitigated']);
  });

  it('that are missed are told once each, and stay known', async () => {
    await raise('another sender', 1, 'main');
    await world.pass(8 * MINUTE, MINUTE);
    await act('acknowledge');
    await world.pass(30 * MINUTE, MINUTE);
    expect(await messages()).toEqual(['opened', 'late', 'acknowledged', 'late']);
    expect(await world.incidents()).toMatchObject([{ acknowledgedLate: true, mitigatedLate: true }]);
  });

  it('of an incident that ended before them are kept', async () => {
    await raise('shop webhook disabled', 2, 'main');
    await world.evaluate();
    await world.sql('update alert set resolved_at = now()');
    await world.pass(120 * MINUTE, 10 * MINUTE);
    expect(await world.incidents()).toMatchObject([{ acknowledgedLate: false, mitigatedLate: false }]);
    expect(await messages()).toEqual(['opened', 'resolved']);
  });
});

describe('the report', () => {
  it('has the affected orders, the failing endpoints, request ids and the checklist, and keeps them', async () => {
    await world.orders(2, { state: 'written_back' }); // before the outage
    await world.advance(30 * MINUTE);
    await world.orders(4, { firstId: 11 });
    await world.calls(3, { status: 503, orderId: 11, requestId: 'req-503', path: '/order' });
    await world.calls(2, {
      status: null,
      code: 'ETIMEDOUT',
      action: 'get_status',
      method: 'GET',
      path: '/order/4711/status',
    });
    await breaker('open');
    await world.pass(4 * MINUTE, 30_000);
    await world.sql(
      `update intent set state = 'in_doubt', doubt_since = now(), settle_until = now(), token = gen_random_uuid() where order_id = 11`,
    );
    await breaker('closed');
    await world.sql(`update intent set state = 'written_back', hft71_order_id = 'H' || order_id where state = 'ready'`);
    await world.pass(30 * MINUTE, 5 * MINUTE);
    await world.orders(1, { firstId: 21, state: 'written_back' }); // after it

    const reported = await reportIncident(world.relay, 1);
    if (reported.kind !== 'reported') throw new Error(reported.what);
    const { evidence, markdown, incident } = reported.report;
    expect(incident.state).toBe('resolved');
    expect(evidence.affected).toEqual({
      ...{ total: 4, sent: 3, inDoubt: 1, held: 0, waiting: 0, withdrawn: 0 },
      numbers: ['11', '12', '13', '14'],
    });
    expect(evidence.failingCalls).toEqual([
      { target: 'hft71', action: 'send_order', method: 'POST', path: '/order', status: 503, code: null, calls: 3 },
      {
        target: 'hft71',
        action: 'get_status',
        method: 'GET',
        path: '/order/{id}/status',
        status: null,
        code: 'ETIMEDOUT',
        calls: 2,
      },
    ]);
    expect(evidence.requests).toMatchObject([
      { requestId: 'req-503', orderId: 11, status: 503 },
      { requestId: 'req-503', orderId: 11, status: 503 },
    ]);
    expect(markdown).toContain('# Incident 1: SEV-1, resolved');
    expect(markdown).toMatch(/- start: 2026-11-\d\d \d\d:\d\d:\d\d/);
    expect(markdown).toContain('| 3 | hft71 | send_order | POST /order | HTTP 503 |');
    expect(markdown).toContain('docs/runbook.md#api-outage');
    expect(markdown).toContain('- [ ] Incident ticket updated with root cause.');

    await world.sql('truncate api_call'); // the call log does not reach back for ever
    expect(await reportIncident(world.relay, 1)).toMatchObject({
      report: { evidence: JSON.parse(JSON.stringify(evidence)) as object },
    });
  });
});

describe('an order is not affected', () => {
  const by = { actor: 'eve', reason: 'the list is settled' };
  const doubt = (orderId: number) =>
    world.sql(
      `update intent set state = 'in_doubt', doubt_since = now(), settle_until = now(), token = gen_random_uuid() where order_id = $1`,
      [orderId],
    );
  const outage = async () => {
    await breaker('open');
    await world.pass(4 * MINUTE, 30_000);
  };
  const affected = async () => {
    const worst = (await world.incidents()).find(({ severity }) => severity === 1);
    const reported = await reportIncident(world.relay, worst?.id ?? 0);
    if (reported.kind !== 'reported') throw new Error(reported.what);
    return reported.report.evidence.affected.numbers;
  };

  it('by what began while it was in doubt or held, also where a person settles it meanwhile', async () => {
    await world.orders(2);
    await doubt(1);
    await doubt(2);
    await world.orders(1, { firstId: 3, state: 'held', reason: 'mapping' });
    await world.pass(60 * MINUTE, 10 * MINUTE);
    await world.orders(1, { firstId: 4 });
    await outage();
    await world.sql(`update intent set state = 'held', reason = 'in-doubt' where order_id = 1`);
    await world.sql(
      `update intent set state = 'written_back', hft71_order_id = 'H' || order_id where order_id in (2, 3)`,
    );
    expect(await affected()).toEqual(['4']);
  });

  it('before a person lets it go; what waits after that is', async () => {
    await world.orders(1, { state: 'held', reason: 'mapping' });
    await world.pass(60 * MINUTE, 10 * MINUTE);
    await outage();
    await world.sql(`update intent set state = 'ready', reason = null, state_since = now() where order_id = 1`);
    expect(await affected()).toEqual([]);
    await world.pass(2 * MINUTE, 30_000);
    expect(await affected()).toEqual(['1']);
  });

  it('while its shop is paused', async () => {
    await pauseShop(world.relay.ledger, 'main', by);
    await world.orders(1);
    await outage();
    await world.orders(1, { firstId: 2 });
    await world.pass(4 * MINUTE, 30_000);
    expect(await affected()).toEqual([]);
    await resumeShop(world.relay.ledger, 'main', by);
    expect(await affected()).toEqual([]);
    await world.pass(2 * MINUTE, 30_000);
    expect(await affected()).toEqual(['1', '2']);
  });

  it('where going live listed it, or a person held it at once, while the incident was open', async () => {
    await outage();
    await world.orders(2, { state: 'held', reason: 'before-go-live' });
    await world.orders(1, { firstId: 3 });
    await world.sql(`update intent set state = 'held', reason = 'person', state_since = now() where order_id = 3`);
    await world.pass(4 * MINUTE, 30_000);
    expect(await affected()).toEqual([]);
    await world.sql(`update intent set state = 'written_back', hft71_order_id = 'H' || order_id where order_id = 1`);
    expect(await affected()).toEqual([]);
  });
});

it('what is meant to be refused, since that shows whether a key may write, is no failing endpoint', async () => {
  const probe = { action: 'check_write_access', target: 'shop', method: 'PUT', path: '/orders/1' } as const;
  await breaker('open');
  await world.calls(1, { ...probe, status: 400, requestId: 'harmless' });
  await world.calls(1, { ...probe, status: 401, requestId: 'refused' });
  await world.pass(4 * MINUTE, 30_000);
  const reported = await reportIncident(world.relay, 1);
  if (reported.kind !== 'reported') throw new Error(reported.what);
  const { failingCalls, requests } = reported.report.evidence;
  expect(failingCalls).toMatchObject([{ action: 'check_write_access', status: 401, calls: 1 }]);
  expect(requests).toMatchObject([{ requestId: 'refused' }]);
});

describe('the log', () => {
  it('tells what people do', async () => {
    const warned = jest.spyOn(world.relay.log, 'warn');
    await raise('duplicate at HFT71', 1, 'main/1');
    await world.evaluate();
    await act('acknowledge');
    await act('mitigate', 'one is cancelled');
    await act('close', 'refunded');
    expect(warned.mock.calls.map(([message]) => message)).toEqual([
      'SEV-1 incident 1 acknowledged: by eve',
      'SEV-1 incident 1 mitigated: by eve: one is cancelled',
      'SEV-1 incident 1 resolved: by eve: refunded',
    ]);
    warned.mockRestore();
  });

  it('tells what was gathered though the rest of the look fails', async () => {
    const failed = jest.spyOn(world.relay.log, 'error');
    await raise('duplicate at HFT71', 1, 'main/1');
    await world.sql(`alter table incident_event add constraint no_clearing check (change <> 'cleared')`);
    await world.sql(`update alert set resolved_at = now()`);
    await expect(world.evaluate()).rejects.toThrow('no_clearing');
    await world.sql('alter table incident_event drop constraint no_clearing');
    expect(failed.mock.calls.map(([message]) => message)).toEqual([
      'SEV-1 incident 1 opened: SEV-1 duplicate at HFT71: about main/1',
    ]);
    failed.mockRestore();
  });
});

describe('an alert that ended before anybody looked', () => {
  const endedAt = async (ago: string) => {
    await raise(K.shopWebhookDisabled, 2, 'main');
    await world.sql('update alert set resolved_at = now()');
    await world.sql(`update alert set opened_at = opened_at - $1::interval, resolved_at = resolved_at - $1::interval`, [
      ago,
    ]);
  };

  it('is told all the same, once, and is over by itself', async () => {
    await endedAt('1 minute');
    const [ended] = await world.sql('select resolved_at from alert');
    await world.evaluate();
    expect(await world.incidents()).toMatchObject([{ severity: 2, firing: 0, endedAt: ended?.['resolved_at'] }]);
    await world.pass(40 * MINUTE, 5 * MINUTE);
    expect(await world.incidents()).toMatchObject([{ state: 'resolved', acknowledgedLate: false }]);
    expect(await messages()).toEqual(['opened', 'resolved']);
  });

  it.each([
    ['days ago', () => endedAt('25 hours')],
    [
      'in an earlier version',
      async () => {
        await endedAt('1 minute');
        await world.sql('update alert set passed_over = true'); // as the migration does
      },
    ],
  ])('%s is not told any more', async (_what, ended) => {
    await ended();
    await world.evaluate();
    expect(await messages()).toEqual([]);
  });
});

it('what two processes judge at once is told once', async () => {
  await raise('another sender', 1, 'main');
  await Promise.all([world.evaluate(), world.evaluate(), world.evaluate()]);
  await world.evaluate();
  expect(await messages()).toEqual(['opened']);
  const found = await findIncident(world.relay, 1);
  expect(found).toMatchObject({ kind: 'found', incident: { gathered: [{ kind: 'another sender' }] } });
  expect(K.breaker).toBe('breaker open');
});
