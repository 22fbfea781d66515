import { raiseAlert } from '@relay/ledger';
import { evaluateAlerts } from '@relay/operations';
import { ADMIN, basic, startTestApi, type TestApi } from '../test-support.js';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi({ RELAY_ALERT_EVERY: '3m' });
  await raiseAlert(api.relay.ledger, { kind: 'breaker open', severity: 1, subject: 'main', message: 'x' });
  await raiseAlert(api.relay.ledger, { kind: 'order not taken in', severity: 1, subject: 'main/2', message: 'x' });
  await evaluateAlerts(api.relay);
});
afterAll(async () => {
  await api?.close();
});

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${api.url}/api/v1${path}`, {
    method,
    headers: { ...basic(ADMIN), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

it('alerts that fire are listed with the incident that gathers them', async () => {
  const { body } = await call('GET', '/alerts');
  expect(body).toMatchObject({
    alerts: [
      { kind: 'breaker open', severity: 1, incidentId: 1 },
      { kind: 'order not taken in', incidentId: 1 },
    ],
  });
  expect((await call('GET', '/incidents')).body).toMatchObject({ incidents: [{ id: 1, alerts: 2, firing: 2 }] });
  expect((await call('GET', '/incidents?shop=main')).body).toMatchObject({ incidents: [{ id: 1 }] });
  expect((await call('GET', '/incidents?shop=other')).status).toBe(404);
});

it('an incident is acknowledged, mitigated and closed in the name of whoever is logged in', async () => {
  expect(await call('POST', '/incidents/1/acknowledge', {})).toMatchObject({
    status: 200,
    body: { state: 'acknowledged', acknowledgedBy: ADMIN.name, acknowledgedLate: false },
  });
  expect(await call('POST', '/incidents/1/acknowledge', {})).toMatchObject({ status: 409 });
  expect(await call('POST', '/incidents/1/mitigate', { reason: 'off' })).toMatchObject({
    body: { state: 'mitigated' },
  });
  expect(await call('POST', '/incidents/1/close', { reason: 'done' })).toMatchObject({
    status: 409,
    body: { what: expect.stringContaining('breaker open') as string },
  });
  await api.relay.ledger.pool.query(`update alert set resolved_at = now() where kind = 'breaker open'`);
  expect(await call('POST', '/incidents/1/close', { reason: 'done' })).toMatchObject({
    status: 200,
    body: { state: 'resolved', reason: 'done', firing: 0 },
  });
  expect((await call('GET', '/incidents')).body).toEqual({ incidents: [] });
  expect((await call('GET', '/incidents?all=true')).body).toMatchObject({ incidents: [{ id: 1 }] });
});

it('the report has data and Markdown', async () => {
  expect(await call('GET', '/incidents/1/report')).toMatchObject({
    status: 200,
    body: {
      evidence: { affected: { total: 0 } },
      checklist: expect.arrayContaining(['Incident ticket updated with root cause.']) as string[],
      markdown: expect.stringContaining('# Incident 1: SEV-1, resolved') as string,
    },
  });
});

it('one that is not there is 404, and a wrong number 400', async () => {
  expect((await call('GET', '/incidents/99')).status).toBe(404);
  expect((await call('POST', '/incidents/99/close', { reason: 'x' })).status).toBe(404);
  expect((await call('GET', '/incidents/x')).status).toBe(400);
});
