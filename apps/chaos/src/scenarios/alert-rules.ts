import { waitFor, type Environment } from '@relay/testing';
import type { AlertStory, Cast } from '../alert-stories/alert-story.js';
import { ALERT_STORIES, SECRET } from '../alert-stories/list.js';
import type { Scenario } from '../run/scenario.js';
import { freePort } from '../world/free-port.js';
import type { World } from '../world/world.js';

/** Minutes and hours as seconds: what is asked is whether the fault is told at all, and its end. */
const TIMES: Environment = {
  RELAY_ALERT_EVERY: '500ms',
  RELAY_ALERT_WINDOW: '6s',
  RELAY_ALERT_BREAKER_OPEN: '2s',
  RELAY_ALERT_NO_WORKER: '4s',
  RELAY_ALERT_NO_PROGRESS: '6s',
  RELAY_ALERT_REDIS_AWAY: '2s',
  RELAY_ALERT_QUEUE_AGE: '6s',
  RELAY_ALERT_STARVED: '4s',
  RELAY_ALERT_WEBHOOK_SILENCE: '8s',
  RELAY_ALERT_CLEAR: '1s',
  RELAY_ALERT_COOLDOWN: '2s',
  HFT71_POLL_INTERVAL: '2s',
  HFT71_POLL_INTERVAL_WITH_WEBHOOKS: '2s',
  HFT71_WEBHOOK_SILENCE: '8s',
  HFT71_STOCK_INTERVAL: '10s',
};
/** HFT71's freezes grow to a minute. */
const WITHIN_MS = 120_000;

/** The rules as a shop meets them: each fault is made for real, told as what it is, and its end is seen by itself. */
export const alertRules: Scenario = {
  name: 'alert-rules',
  playedIn: 'full',
  what: 'one fault after the other, for each rule of the alerts: it is told as what it is, and ends by itself',
  expectsRefusals: true,
  limitSeconds: { quick: 900, full: 1_800 },
  async run({ marks, openWorld, say }) {
    const port = await freePort();
    const settings = {
      ...TIMES,
      RELAY_PUBLIC_URL: `http://127.0.0.1:${port}`,
      HFT71_WEBHOOK_SECRET: SECRET,
      HFT71_NOT_PROCESSED_STATUSES: '500',
      HFT71_STOCK_SYNC_ENABLED: 'on',
    };
    const world = await openWorld({ ownRedis: true, settings, sandboxArgs: ['--status-step-ms', '1500'] });
    const { relay, sandbox } = world;
    await sandbox.setHft71({
      webhook: { url: `${settings.RELAY_PUBLIC_URL}/wp-json/hft71/v1/order-status`, secret: SECRET },
    });
    const [api, [worker]] = await Promise.all([relay.startApi(port), relay.startLive(1)]);
    if (worker === undefined) throw new Error('no worker was started');
    const cast: Cast = { world, port, worker, api };
    await relay.settled(await sandbox.order({ count: 5 }), 30_000);
    await quiet(world);

    for (const story of ALERT_STORIES) {
      const seconds = await play(story, cast, marks.equal.bind(marks));
      say(`${story.what}: ${story.kinds.join(', ')}; told and over after ${seconds.toFixed(1)} s`);
    }
    marks.equal('firingAtTheEnd', await quiet(world), '');
  },
};

async function play(
  { kinds, what, begin, end }: AlertStory,
  cast: Cast,
  equal: (name: string, value: string, bound: string) => void,
): Promise<number> {
  const { relay } = cast.world;
  const [before] = await relay.rows('select coalesce(max(id), 0)::int as id from alert');
  const startedAt = performance.now();
  await begin(cast);
  await waitFor(async () => (await missing(cast, kinds, before?.['id'])).length === 0, {
    ...{ what: kinds.join(', '), timeoutMs: WITHIN_MS, intervalMs: 100 },
  }).catch(() => undefined); // the mark tells
  equal(`notTold: ${what}`, (await missing(cast, kinds, before?.['id'])).join(', '), '');
  await end(cast);
  equal(`notOver: ${what}`, await quiet(cast.world, kinds), '');
  return (performance.now() - startedAt) / 1_000;
}

async function missing({ world }: Cast, kinds: readonly string[], afterId: unknown): Promise<string[]> {
  const found = await world.relay.rows('select kind from alert where id > $1', [afterId]);
  return kinds.filter((kind) => !found.some((row) => row['kind'] === kind));
}

/** @returns what still fires when the time is over, of these kinds or of all; nothing where all ended by itself. */
async function quiet({ relay }: World, kinds?: readonly string[]): Promise<string> {
  const firing = async () => (await relay.alerts()).filter((kind) => kinds?.includes(kind) ?? true);
  await waitFor(async () => (await firing()).length === 0, {
    ...{ what: 'every alert to end by itself', timeoutMs: WITHIN_MS, intervalMs: 100 },
  }).catch(() => undefined);
  return (await firing()).join(', ');
}
