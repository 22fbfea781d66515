import { createQueues, queuePrefix, type HandOffJob } from '@relay/queues';
import { waitFor } from '@relay/testing';
import { UnrecoverableError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { startTestApi, type TestApi } from './test-support.js';

/** `npm test` finds or installs it; without one these tests fail. */
const CHROMIUM = process.env['RELAY_TEST_CHROMIUM'] ?? '/usr/bin/chromium';
const FINISHED: HandOffJob = {
  version: 1,
  intentId: '6f1c1a52-6a1c-4a0e-9a53-6f2f5a2c8a11',
  dispatchNo: 1,
  shopId: 'main',
  orderId: 265,
};
const FAILED: HandOffJob = { ...FINISHED, intentId: 'a2d1b7de-5b3f-4a86-8a52-5f7f6d7f1c22', orderId: 266 };

let api: TestApi;
let browser: Browser;

/** Two jobs as the product's worker leaves them: ids, and the class of what went wrong. */
async function workOff(): Promise<void> {
  const connection = new Redis(api.redisUrl, { maxRetriesPerRequest: null });
  const installationId = api.relay.installation.id;
  const queues = createQueues({ connection, installationId, onError: () => undefined });
  const worker = new Worker<HandOffJob>(
    'send-order',
    async ({ data }) => {
      if (data.orderId === FAILED.orderId) throw new UnrecoverableError('rejected: hft71 422');
      return { outcome: 'accepted' };
    },
    { connection, prefix: queuePrefix(installationId) },
  );
  await queues.addHandOffs('send-order', [FINISHED, FAILED]);
  const queue = queues.byName['send-order'];
  await waitFor(async () => (await queue.getCompletedCount()) + (await queue.getFailedCount()) === 2, {
    what: 'both jobs to end',
  });
  await worker.close();
  await queues.close();
  connection.disconnect();
}

interface Watched {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Hosts but ours that anything was asked of. */
  readonly otherHosts: Set<string>;
  readonly errors: string[];
}

async function open(viewport = { width: 1400, height: 900 }): Promise<Watched> {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  const otherHosts = new Set<string>();
  const errors: string[] = [];
  page.on('request', (request) => {
    const { host, protocol } = new URL(request.url());
    if (protocol !== 'data:' && host !== new URL(api.url).host) otherHosts.add(host);
  });
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  return { context, page, otherHosts, errors };
}

async function logIn(page: Page, { name, password }: { name: string; password: string }): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

beforeAll(async () => {
  api = await startTestApi();
  await workOff();
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
});
afterAll(async () => {
  await browser?.close();
  await api.close();
});

it('an operator logs in and sees what was sent and what failed', async () => {
  const { context, page, otherHosts, errors } = await open();
  await page.goto(`${api.url}/board/queue/send-order?status=failed`);
  expect(new URL(page.url()).pathname).toBe('/login');
  await logIn(page, await api.addUser('olga', 'operator'));

  await page.getByText('rejected: hft71 422').first().waitFor();
  expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/board/queue/send-order?status=failed');
  await page.getByText(FAILED.intentId).first().waitFor();

  await page.goto(`${api.url}/board/queue/send-order?status=completed`);
  await page.getByText(FINISHED.intentId).first().waitFor();
  await page.getByText('265').first().waitFor();

  await page.goto(`${api.url}/board`);
  for (const queue of ['send-order', 'write-back', 'maintenance']) await page.getByText(queue).first().waitFor();

  expect([...otherHosts]).toEqual([]);
  expect(errors).toEqual([]);
  await context.close();
});

it('a viewer’s click on retry is refused by the server, which says why', async () => {
  const { context, page } = await open();
  await page.goto(`${api.url}/board/queue/send-order?status=failed`);
  await logIn(page, await api.addUser('vic', 'viewer'));
  await page.getByText(FAILED.intentId).first().waitFor();
  const answer = page.waitForResponse((response) => response.request().method() === 'PUT');
  await page.getByRole('button', { name: 'Retry all' }).click();
  await page.getByRole('button', { name: 'Confirm' }).click();
  expect((await answer).status()).toBe(403);
  await page.getByText('A viewer may only look.').waitFor();
  await context.close();
});

it('the log-in fits a phone, names its fields, and says what was wrong', async () => {
  const { context, page, errors } = await open({ width: 375, height: 667 });
  await page.goto(`${api.url}/login`);
  const isTooWide = () => page.evaluate('document.documentElement.scrollWidth > innerWidth');
  expect(await isTooWide()).toBe(false);
  expect(await page.locator(':focus').getAttribute('name')).toBe('name');
  expect(errors).toEqual([]);

  await logIn(page, { name: 'nobody', password: 'wrong' });
  await page.getByRole('alert').getByText('The name or the password is wrong.').waitFor();
  expect(await isTooWide()).toBe(false);
  expect(await page.locator(':focus').getAttribute('name')).toBe('password');
  await context.close();
});

it('logging out leads back to the log-in, and the Board is closed', async () => {
  const { context, page } = await open();
  await page.goto(`${api.url}/login`);
  await logIn(page, await api.addUser('otto', 'operator'));
  await page.getByText('send-order').first().waitFor();
  await page.goto(`${api.url}/logout`);
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  await page.goto(`${api.url}/board`);
  expect(new URL(page.url()).pathname).toBe('/login');
  await context.close();
});
