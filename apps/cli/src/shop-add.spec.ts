import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { assertNoProcessLeft } from '@relay/testing';
import { startWorld, type World } from './test-support.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

describe('relay shop add', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'relay-shop-add-')), 'second.env');
  const settings = {
    WC_BASE_URL: 'http://127.0.0.1:9',
    WC_CONSUMER_KEY: 'ck_second',
    WC_CONSUMER_SECRET: 'cs_second',
    WC_WEBHOOK_SECRET: 'a-secret-for-tests',
    HFT71_BASE_URL: 'http://127.0.0.1:10',
    HFT71_USERNAME: 'second',
    HFT71_PASSWORD: 'second-password',
  };
  const write = (over: Record<string, string>) =>
    writeFileSync(
      file,
      Object.entries({ ...settings, ...over })
        .map(([name, value]) => `${name}=${value}`)
        .join('\n'),
    );
  afterAll(() => rmSync(dirname(file), { recursive: true, force: true }));

  it('takes a second shop in, which the list shows, and replaces it only where that is said', async () => {
    write({});
    expect((await world.say('shop', 'add', 'second', '--file', file, '--json')).json()).toEqual({
      shop: 'second',
      added: true,
    });
    const again = ['shop', 'add', 'second', '--file', file];
    expect(await world.say(...again)).toMatchObject({ code: 1, err: expect.stringContaining('known already') });
    expect((await world.say(...again, '--replace')).code).not.toBe(0); // nobody is there to confirm it
    expect((await world.say(...again, '--replace', '--yes', '--json')).json()).toEqual({
      shop: 'second',
      replaced: true,
    });
    const audit = await world.relay.ledger.pool.query(
      `select details from audit where action = 'shop add' order by id`,
    );
    expect(audit.rows).toEqual([{ details: { replaced: false } }, { details: { replaced: true } }]);
    const list = (await world.say('shop', 'list', '--json')).json();
    expect(list).toContainEqual(
      expect.objectContaining({ id: 'second', mode: 'connecting', hft71: 'http://127.0.0.1:10' }),
    );
    expect(JSON.stringify(list)).not.toContain('second-password');
  });

  it('names every fault of the file at once, and changes nothing', async () => {
    write({ WC_BASE_URL: 'shop', RELAY_MODE: 'live' });
    const strange = await world.say('shop', 'add', 'third', '--file', file);
    expect(strange).toMatchObject({ code: 78, err: expect.stringContaining('RELAY_MODE is no setting of a shop') });
    write({ WC_BASE_URL: 'shop', HFT71_RATE_LIMIT: 'fast' });
    const wrong = await world.say('shop', 'add', 'third', '--file', file);
    expect(wrong.err).toMatch(/WC_BASE_URL[^]*HFT71_RATE_LIMIT/);
    expect(await world.say('shop', 'add', 'third', '--file', `${file}.none`)).toMatchObject({ code: 1 });
    expect(await world.say('shop', 'add', 'Third Shop', '--file', file)).toMatchObject({ code: 1 });
    expect((await world.say('shop', 'list', '--json')).out).not.toContain('third');
  });
});
