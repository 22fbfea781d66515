import { z } from 'zod';
import type { Spoiled, WrongThing } from '../doctor/wrong-thing.js';
import { WRONG_SETTINGS } from '../doctor/wrong-settings.js';
import { WRONG_WORLDS } from '../doctor/wrong-worlds.js';
import { sideBySide } from '../run/side-by-side.js';
import type { Scenario, Stage } from '../run/scenario.js';
import { freePort } from '../world/free-port.js';
import type { World } from '../world/world.js';

/** The issue's: each ends within so many seconds. */
const MOST_SECONDS = 30;
/** A write that can hit nothing, by which a read-only key shows: the only one that a doctor makes. */
const IMPOSSIBLE_ORDER = '/orders/999999999999';

const diagnosis = z.object({
  tookMs: z.number(),
  severity: z.number().nullable(),
  findings: z.array(z.object({ cause: z.string(), state: z.string(), what: z.string(), toDo: z.string().min(1) })),
});
type Diagnosis = z.infer<typeof diagnosis> & { readonly code: number };

export const doctor: Scenario = {
  name: 'doctor',
  playedIn: 'full',
  what: 'a shop, an HFT71 and a relay that are wrong in fifteen ways: the doctor names the right one first, and changes nothing',
  async run(stage) {
    const { marks, size, full, say } = stage;
    const world = await openHealthyWorld(stage);
    const orderIds = await world.sandbox.order({ count: size(2, 20), kinds: ['simple'] });
    await world.relay.settled(orderIds, 60_000);

    const well = await ask(world, {});
    marks.equal('well', firstOf(well), 'none');
    const writesBefore = await writesToShop(world);
    const took: number[] = [];
    const examine = async (wrong: WrongThing) => {
      const { mend, ...surroundings } = await wrong.spoil(world);
      const said = await ask(world, surroundings);
      took.push(said.tookMs / 1000);
      say(`${wrong.name}: ${said.findings[0]?.what ?? 'nothing found'}`);
      marks.equal(wrong.name, firstOf(said), wrong.cause);
      // 10 and the severity: a script need not read a word.
      marks.equal(`${wrong.name}ExitCode`, said.code, said.severity === null ? 0 : 10 + said.severity);
      await mend?.();
    };
    const played = (all: readonly WrongThing[]) => all.filter(({ fullOnly }) => full || fullOnly !== true);
    await sideBySide(played(WRONG_SETTINGS), 3, examine);
    await sideBySide(played(WRONG_WORLDS), 1, examine);

    marks.atMost('slowestSeconds', Math.max(...took), MOST_SECONDS);
    marks.equal('writesToTheShop', (await writesToShop(world)) - writesBefore, 0);
  },
};

/** A relay that is well: live, with an api, a worker, and webhooks from both sides. */
async function openHealthyWorld({ openWorld }: Stage): Promise<World> {
  const port = await freePort();
  const settings = {
    RELAY_PUBLIC_URL: `http://127.0.0.1:${port}`,
    HFT71_WEBHOOK_SECRET: 'the secret of its webhook',
    // A sweep revives a webhook that the shop has disabled: none is to come between.
    RELAY_SWEEP_INTERVAL: '10m',
    RELAY_LEVEL_SWEEP_INTERVAL: '10m',
  };
  const world = await openWorld({ settings });
  await Promise.all([world.relay.startApi(port), world.relay.startLive(1)]);
  return world;
}

async function ask({ relay }: World, surroundings: Omit<Spoiled, 'mend'>): Promise<Diagnosis> {
  const { code, stdout, stderr } = await relay.relayOtherwise(surroundings, 'doctor', '--json');
  const parsed = diagnosis.safeParse(readJson(stdout));
  if (!parsed.success) throw new Error(`relay doctor ended with ${code} and said: ${stdout}${stderr}`);
  return { ...parsed.data, code };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Warnings say what to look at some day; what is wrong has failed. */
function firstOf({ findings }: Diagnosis): string {
  return findings[0]?.cause ?? 'none';
}

/** Whoever made them: while the doctor looks, nothing else is to be written. */
async function writesToShop({ sandbox }: World): Promise<number> {
  const requests = await sandbox.requests('shop');
  return requests.filter(({ method, path }) => method !== 'GET' && !path.includes(IMPOSSIBLE_ORDER)).length;
}
