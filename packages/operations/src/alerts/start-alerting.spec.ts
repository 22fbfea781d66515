import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectLedger, raiseAlert } from '@relay/ledger';
import { waitFor } from '@relay/testing';
import { loadSettings } from '@relay/config';
import { createSilentLogger } from '@relay/observability';
import { SMTPServer } from 'smtp-server';
import { openRelay } from '../open-relay.js';
import { readReadiness } from '../readiness.js';
import type { Relay } from '../relay.js';
import { undeliveredAlerts } from './deliver-messages.js';
import { startAlerting, type Alerting } from './start-alerting.js';
import { startAlertWorld, type AlertWorld } from './testing-world.js';

/** A webhook's receiver that can be told how to answer. */
interface Receiver {
  readonly url: string;
  readonly bodies: { readonly text: string; readonly blocks: readonly unknown[] }[];
  readonly heartbeats: number[];
  answer: number;
}

let world: AlertWorld;
let http: Server;
let smtp: SMTPServer;
let receiver: Receiver;
const mails: string[] = [];
let relay: Relay;
const alertings: Alerting[] = [];

beforeAll(async () => {
  receiver = { url: '', bodies: [], heartbeats: [], answer: 200 };
  http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'GET') receiver.heartbeats.push(Date.now());
      else if (receiver.answer === 200) receiver.bodies.push(JSON.parse(Buffer.concat(chunks).toString()) as never);
      response.statusCode = request.method === 'GET' ? 200 : receiver.answer;
      response.end('ok');
    });
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  receiver = Object.assign(receiver, { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/secret-path` });
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      stream.on('end', () => {
        mails.push(text);
        done();
      });
    },
  });
  const listening = smtp.listen(0, '127.0.0.1');
  await once(listening, 'listening');

  world = await startAlertWorld();
  const { settings } = world.relay;
  relay = await openRelay(
    loadSettings({
      DATABASE_URL: world.databaseUrl,
      REDIS_URL: settings.redisUrl,
      RELAY_SECRET_KEY: 'k'.repeat(32),
      ALERT_WEBHOOK_URL: receiver.url,
      ALERT_HEARTBEAT_URL: receiver.url,
      SMTP_URL: `smtp://127.0.0.1:${(listening.address() as AddressInfo).port}`,
      ALERT_EMAIL_TO: 'operations@relay.example,on-call@relay.example',
      RELAY_ALERT_EVERY: '100ms',
      RELAY_ALERT_LEDGER_AWAY: '300ms',
      RELAY_ALERT_UNDELIVERED: '0',
      RELAY_ALERT_HEARTBEAT_EVERY: '1h',
    }),
    createSilentLogger(),
  );
});
afterAll(async () => {
  await relay?.close();
  await world?.close();
  await new Promise<void>((resolve) => smtp.close(resolve));
  http.closeAllConnections();
  http.close();
});
afterEach(async () => {
  await Promise.all(alertings.splice(0).map((alerting) => alerting.stop()));
  receiver.answer = 200;
  await allowConnections(true);
});

const start = (count = 1) => {
  for (let at = 0; at < count; at += 1) alertings.push(startAlerting(relay));
};
const raise = (subject: string) =>
  raiseAlert(world.relay.ledger, { kind: 'another sender', severity: 1, subject, message: `<b> & co: ${subject}` });
const told = (what: string) => receiver.bodies.filter(({ text }) => text.includes(what));

/** For the ledger's server as a whole it is one statement: nobody gets in, and whoever is there is put out. */
async function allowConnections(isAllowed: boolean): Promise<void> {
  const url = new URL(world.databaseUrl);
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  const server = connectLedger({ databaseUrl: url.href, applicationName: 'the switch', maxConnections: 1 });
  await server.pool.query(`alter database ${name} allow_connections ${isAllowed}`);
  if (!isAllowed)
    await server.pool.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
  await server.close();
}

describe('an alert', () => {
  it('goes to the webhook in Slack’s shape and to the mailbox, once each, whoever delivers', async () => {
    await raise('main');
    start(3);
    await waitFor(() => told('begins').length > 0 && mails.length > 0, { what: 'the alert on both channels' });
    await waitFor(
      async () => (await world.sql('select 1 from alert_message where delivered_at is null')).length === 0,
      { what: 'both messages to be recorded' },
    );
    const [body, ...others] = told('begins');
    expect(others).toEqual([]);
    expect(body?.text).toBe('[SEV-1] incident 1 begins: SEV-1 another sender: &lt;b&gt; &amp; co: main');
    expect(JSON.stringify(body?.blocks)).toContain('&lt;b&gt; &amp; co');
    expect(JSON.stringify(body?.blocks)).toContain('docs/runbook.md#account-stopped');
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatch(/To: operations@relay\.example, on-call@relay\.example/);
    expect(mails[0]).toMatch(/Subject: \[SEV-1\] incident 1 begins/);
    expect(mails[0]).toMatch(/Message-ID: <alert-\d+@/i);
  });

  it('that cannot be delivered waits in the outbox, is shown, and goes out later, in order', async () => {
    receiver.answer = 503;
    await world.sql('truncate incident, incident_event, alert_message, alert restart identity');
    await raise('other');
    start();
    const undelivered = () => undeliveredAlerts(relay);
    await waitFor(
      async () => {
        const [first, ...others] = await undelivered();
        return others.length === 0 && first?.channel === 'webhook' && first.lastFailure !== null;
      },
      { what: 'the failed try on the webhook, and the mail to be out' },
    );
    expect(await undelivered()).toMatchObject([{ messages: 1, lastFailure: 'the webhook answered HTTP 503' }]);
    const { warnings } = await readReadiness(relay);
    expect(warnings).toEqual([expect.stringMatching(/^1 alerts could not be delivered by webhook since .*HTTP 503$/)]);
    expect(JSON.stringify(warnings)).not.toContain('secret-path');

    // it is over before it was told: the end is told after the beginning
    await world.sql('update alert set resolved_at = now()');
    await world.sql(`update incident set quiet_since = now() - interval '1 hour'`);
    await waitFor(async () => (await world.sql('select 1 from alert_message')).length === 4, { what: 'the end' });
    receiver.answer = 200;
    await world.sql('update alert_message set not_before = null');
    await waitFor(() => told('is over').length === 1, { what: 'the end on the webhook' });
    expect(receiver.bodies.slice(-2).map(({ text }) => text.split(': ')[0])).toEqual([
      '[SEV-1] incident 1 begins',
      '[SEV-1] incident 1 is over',
    ]);
    await waitFor(async () => (await readReadiness(relay)).warnings.length === 0, {
      what: 'nothing to be undelivered',
    });
  });

  it('leaves while Redis is gone, and tells of it', async () => {
    await world.sql('truncate incident, incident_event, alert_message, alert, alert_pending restart identity');
    const gone = await openRelay(
      loadSettings({
        DATABASE_URL: world.databaseUrl,
        REDIS_URL: 'redis://127.0.0.1:1',
        RELAY_SECRET_KEY: 'k'.repeat(32),
        ALERT_WEBHOOK_URL: receiver.url,
        RELAY_ALERT_EVERY: '100ms',
        RELAY_ALERT_REDIS_AWAY: '0',
      }),
      createSilentLogger(),
    );
    alertings.push(startAlerting(gone));
    await waitFor(() => told('Redis does not answer').length === 1, { what: 'the alert about Redis' });
    await Promise.all(alertings.splice(0).map((alerting) => alerting.stop()));
    await gone.close();
  });
});

describe('while PostgreSQL is away', () => {
  it('the process tells so itself, once, and that it is back', async () => {
    start();
    await allowConnections(false);
    await waitFor(() => told('the ledger is away').length > 0, { what: 'the direct message', timeoutMs: 15_000 });
    await waitFor(() => mails.some((mail) => mail.includes('the ledger is away')), { what: 'the direct mail' });
    await allowConnections(true);
    await waitFor(() => told('the ledger is back').length > 0, { what: 'the second one', timeoutMs: 15_000 });
    expect(told('the ledger is away')).toHaveLength(1);
  });

  it('what fails in each process that judges is told, though each is kept out while another one tries', async () => {
    await world.sql('create sequence slow_failures');
    await world.sql(
      `create function slow_failure() returns trigger language plpgsql as
         $$ begin perform nextval('slow_failures'), pg_sleep(0.4); raise exception 'judging takes too long'; end $$`,
    );
    await world.sql(
      'create trigger slow_failure before insert on alert_pending for each statement execute function slow_failure()',
    );
    const back = told('the ledger is back').length;
    try {
      start(3);
      await waitFor(() => told('judging takes too long').length === 3, {
        what: 'each process to tell so',
        timeoutMs: 20_000,
      });
      const failures = async () => Number((await world.sql(`select last_value as n from slow_failures`))[0]?.['n']);
      const before = await failures();
      await waitFor(async () => (await failures()) > before + 6, { what: 'more failures' });
      expect(told('the ledger is back')).toHaveLength(back);
    } finally {
      await world.sql('drop function slow_failure() cascade');
    }
    await waitFor(() => told('the ledger is back').length === back + 3, {
      what: 'each to judge again',
      timeoutMs: 20_000,
    });
  });
});

describe('the heartbeat', () => {
  it('is called once in its time by all processes together, and not while nothing moves', async () => {
    await world.sql('update installation set heartbeat_at = null');
    await world.sql('truncate process_beat');
    receiver.heartbeats.length = 0;
    start(2);
    let raised = 0;
    const judged = async () => {
      const subject = `beat-${(raised += 1)}`;
      await raise(subject);
      const gathered = () => world.sql('select 1 from alert where subject = $1 and incident_id is not null', [subject]);
      await waitFor(async () => (await gathered()).length === 1, { what: 'one more evaluation' });
    };
    await judged();
    expect(receiver.heartbeats).toEqual([]);
    await world.workerBeats();
    await waitFor(() => receiver.heartbeats.length > 0, { what: 'the call' });
    await judged();
    expect(receiver.heartbeats).toHaveLength(1);
  });
});
