import { loadSettings, SettingsError } from './index.js';

const REQUIRED = {
  DATABASE_URL: 'postgresql://relay:hunter2@127.0.0.1/relay',
  REDIS_URL: 'redis://127.0.0.1:6379',
  RELAY_SECRET_KEY: 'k'.repeat(32),
};
const SHOP = {
  WC_BASE_URL: 'https://shop.example.com/',
  WC_CONSUMER_KEY: 'ck_1',
  WC_CONSUMER_SECRET: 'cs_1',
  WC_WEBHOOK_SECRET: 'w'.repeat(20),
  HFT71_BASE_URL: 'https://api.hft71.example',
  HFT71_USERNAME: 'relay',
  HFT71_PASSWORD: 'p',
};

function faultsOf(env: Record<string, string | undefined>): Record<string, string> {
  try {
    loadSettings({ ...REQUIRED, ...env });
  } catch (error) {
    if (error instanceof SettingsError)
      return Object.fromEntries(error.faults.map(({ variable, problem }) => [variable, problem]));
    throw error;
  }
  return {};
}

describe('loadSettings', () => {
  it('needs three variables and gives the rest their defaults', () => {
    expect(loadSettings(REQUIRED)).toMatchObject({
      mode: 'shadow',
      shopMarker: true,
      maxUnmirrored: 20,
      sendDelayMs: 0,
      port: 8071,
      host: '127.0.0.1',
      trustProxy: false,
      admin: null,
      shop: null,
      warnings: [],
      timing: { leaseMs: 45_000, answerTimeoutMs: 20_000, dispatchIntervalMs: 250, deadlineMs: 86_400_000 },
    });
  });

  it('reads a shop, with durations in milliseconds and rates as calls and window', () => {
    const { shop } = loadSettings({
      ...REQUIRED,
      ...SHOP,
      WC_RATE_LIMIT: '100/10s',
      WC_SENDABLE_STATUSES: 'processing, ready-to-print,processing',
      HFT71_NOT_PROCESSED_STATUSES: '503,502',
      HFT71_SETTLE: '2h',
      HFT71_STATUS_MAPPING: '{"Closed":"completed"}',
      HFT71_WEBHOOK_SECRET: 's'.repeat(12),
      HFT71_WEBHOOK_SECRET_PREVIOUS: 't'.repeat(12),
    });
    expect(shop?.woocommerce).toMatchObject({
      baseUrl: 'https://shop.example.com',
      sendableStatuses: ['processing', 'ready-to-print'],
      rate: { calls: 100, windowMs: 10_000 },
    });
    expect(shop?.hft71).toMatchObject({
      rate: { calls: 60, windowMs: 60_000 },
      settleMs: 7_200_000,
      notProcessedStatuses: [503, 502],
      statusMapping: { Closed: 'completed' },
      webhookSecrets: ['s'.repeat(12), 't'.repeat(12)],
      duplicateReference: 'unknown',
      lines: null,
      cancelStatus: null,
    });
  });

  it('freezes what it returns, to the bottom', () => {
    const settings = loadSettings({ ...REQUIRED, ...SHOP });
    expect(() => ((settings.timing as { leaseMs: number }).leaseMs = 1)).toThrow(TypeError);
    expect(Object.isFrozen(settings.shop?.hft71.rate)).toBe(true);
  });

  it('takes an empty variable for one that is not set', () => {
    expect(loadSettings({ ...REQUIRED, RELAY_MODE: '', RELAY_ADMIN_USER: ' ' }).mode).toBe('shadow');
    expect(faultsOf({ DATABASE_URL: '' })).toEqual({ DATABASE_URL: 'is not set' });
  });

  it('lists all faults at once, those between settings too, each with an example', () => {
    const attempt = () =>
      loadSettings({ REDIS_URL: 'http://x', RELAY_SECRET_KEY: 'short', RELAY_LEASE: '5s', WC_BASE_URL: 'https://a.b' });
    expect(attempt).toThrow(SettingsError);
    const faults = faultsOf({
      DATABASE_URL: undefined,
      REDIS_URL: 'http://x',
      RELAY_SECRET_KEY: 'short',
      RELAY_LEASE: '5s',
      WC_BASE_URL: 'https://a.b',
    });
    expect(Object.keys(faults).sort()).toEqual(
      [
        'DATABASE_URL',
        'REDIS_URL',
        'RELAY_SECRET_KEY',
        'RELAY_LEASE',
        ...Object.keys(SHOP).filter((name) => name !== 'WC_BASE_URL'),
      ].sort(),
    );
    expect(attempt).toThrow('e.g. REDIS_URL=redis://127.0.0.1:6379');
  });

  it.each([
    ['RELAY_MODE', 'Live', 'one of shadow, live'],
    ['RELAY_SHOP_MARKER', 'yes', 'one of on, off'],
    ['RELAY_TRUST_PROXY', 'yes', 'addresses and networks'],
    ['RELAY_TRUST_PROXY', '10.0.0.1, 10.0.0.0/33', 'addresses and networks'],
    ['RELAY_TRUST_PROXY', 'on,10.0.0.1', 'on or off alone'],
    ['RELAY_TRUST_PROXY', '0.0.0.0/0', 'addresses and networks'],
    ['PORT', '80.5', 'whole number'],
    ['PORT', '70000', 'from 0 to 65535'],
    ['RELAY_LEASE', '45', 'not a duration'],
    ['RELAY_DEADLINE', '40d', 'too long'],
    ['HFT71_SETTLE', '900ms', 'at least 1s'],
    ['HFT71_RATE_LIMIT', '60', 'not a rate'],
    ['HFT71_RATE_LIMIT', '0/min', 'not a rate'],
    ['HFT71_RATE_LIMIT', '10/0s', 'not a rate'],
    ['WC_BASE_URL', 'https://shop.example.com/wp-json/wc/v3', 'leave out /wp-json'],
    ['WC_BASE_URL', 'shop.example.com', 'begins with https://'],
    ['WC_BASE_URL', 'https://ck:cs@shop.example.com', 'must not hold a user'],
    ['HFT71_BASE_URL', 'http://api.hft71.example', 'must begin with https://'],
    ['HFT71_LOOKUP_PATH', '/order?referenceId=7', '{referenceId}'],
    ['HFT71_NOT_PROCESSED_STATUSES', '503,429', 'from 500 to 599'],
    ['HFT71_DUPLICATE_PATTERN', '(', 'not a regular expression'],
    ['HFT71_LINES', '[', 'all, feed or a regular expression'],
    ['HFT71_ORDER_TEMPLATE', '[1]', 'JSON object'],
    ['HFT71_STATUS_MAPPING', '{"Closed":1}', 'texts to texts'],
    ['HFT71_REFERENCE_PREFIX', 'a b', 'letters, digits'],
    ['RELAY_ADMIN_PASSWORD', '<10 characters or more>', 'placeholder'],
    ['RELAY_SECRET_KEY_PREVIOUS', 'short', 'at least 32'],
  ])('refuses %s=%s', (variable, value, problem) => {
    expect(faultsOf({ [variable]: value })[variable]).toContain(problem);
  });

  it.each([
    ['a lease that may end before the call', { RELAY_LEASE: '25s' }, 'RELAY_LEASE'],
    ['a lease without its margin', { RELAY_LEASE: '25999ms' }, 'RELAY_LEASE'],
    ['an attempt abandoned while the shop answers', { RELAY_PREPARED_TIMEOUT: '12s' }, 'RELAY_PREPARED_TIMEOUT'],
    ['work dispatched again while it is under way', { RELAY_DISPATCH_LEASE: '44s' }, 'RELAY_DISPATCH_LEASE'],
    ['an answer sooner than the connection', { HFT71_ANSWER_TIMEOUT: '2s' }, 'HFT71_ANSWER_TIMEOUT'],
    ['a user without a password', { RELAY_ADMIN_USER: 'ops' }, 'RELAY_ADMIN_PASSWORD'],
    ['a password without a user', { RELAY_ADMIN_PASSWORD: 'p'.repeat(10) }, 'RELAY_ADMIN_USER'],
    ['a previous webhook secret alone', { HFT71_WEBHOOK_SECRET_PREVIOUS: 's'.repeat(10) }, 'HFT71_WEBHOOK_SECRET'],
    [
      'a previous key alone',
      { RELAY_SECRET_KEY: undefined, RELAY_SECRET_KEY_PREVIOUS: 'k'.repeat(32) },
      'RELAY_SECRET_KEY',
    ],
  ])('refuses %s', (_what, env, variable) => {
    expect(Object.keys(faultsOf(env))).toEqual([variable]);
  });

  it('names what a shop lacks and what made it one', () => {
    expect(faultsOf({ ...SHOP, HFT71_PASSWORD: undefined })).toEqual({
      HFT71_PASSWORD: expect.stringContaining('WC_BASE_URL') as string,
    });
  });

  it('takes a plain number of RELAY_SEND_DELAY for minutes', () => {
    expect(loadSettings({ ...REQUIRED, RELAY_SEND_DELAY: '15' }).sendDelayMs).toBe(900_000);
    expect(loadSettings({ ...REQUIRED, RELAY_SEND_DELAY: '90s' }).sendDelayMs).toBe(90_000);
  });

  it.each([
    ['on', true],
    ['off', false],
    [' on ', true],
    ['127.0.0.1, 10.1.0.0/16,fd00::/8,loopback', ['127.0.0.1', '10.1.0.0/16', 'fd00::/8', 'loopback']],
  ])('reads RELAY_TRUST_PROXY=%s', (text, trustProxy) => {
    expect(loadSettings({ ...REQUIRED, RELAY_TRUST_PROXY: text }).trustProxy).toEqual(trustProxy);
  });

  it('allows http:// to HFT71 on this machine', () => {
    expect(faultsOf({ ...SHOP, HFT71_BASE_URL: 'http://127.0.0.1:9000' })).toEqual({});
  });

  it('warns of what looks like a misspelling, of http to a shop, and of live without HFT71_LINES', () => {
    const { warnings } = loadSettings({
      ...REQUIRED,
      ...SHOP,
      WC_BASE_URL: 'http://shop.example.com',
      RELAY_MODE: 'live',
      RELAY_STOP_GRACE: '1s',
      HFT71_RATELIMIT: '1/min',
      RELAY_TEST_REDIS_URL: 'redis://x',
    });
    expect(warnings).toEqual([
      expect.stringContaining('Is HFT71_RATE_LIMIT meant?'),
      expect.stringContaining('WC_BASE_URL'),
      expect.stringContaining('HFT71_LINES'),
      expect.stringContaining('RELAY_STOP_GRACE'),
    ]);
  });

  it('repeats no value in a fault or a warning, wherever a secret was put', () => {
    const secret = 'S3CRET';
    const names = Object.keys({ ...REQUIRED, ...SHOP }).concat(
      'RELAY_MODE',
      'PORT',
      'HFT71_LINES',
      'SMTP_URL',
      'HFT71_SETTLE',
    );
    for (const value of [secret, `[${secret}`, `https://${secret}:${secret}@x/wp-json`]) {
      const env = Object.fromEntries(names.map((name) => [name, value]));
      expect(() => loadSettings(env)).toThrow(SettingsError);
      expect(() => loadSettings(env)).not.toThrow(secret);
    }
  });
});
