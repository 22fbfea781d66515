import { readFileSync } from 'node:fs';
import type { Call } from './call.js';
import { ControlFace } from './control/control-face.js';
import { CREDENTIALS } from './credentials.js';
import { FaultBook } from './faults/fault-book.js';
import { openHft71 } from './hft71/open-hft71.js';
import { HttpFace } from './http-face.js';
import { parseJson, type Json } from './json.js';
import { DEFAULT_OPTIONS, type SandboxOptions } from './options.js';
import { Recorder } from './record.js';
import { SeededRandom } from './seeded-random.js';
import { stockedSkus } from './shop/catalogue.js';
import { openShop } from './shop/open-shop.js';
import { authKind } from './shop/sign-in.js';
import { Timers } from './timers.js';

export interface SandboxInfo {
  shop: string;
  hft71: string;
  control: string;
  consumerKey: string;
  consumerSecret: string;
  readOnlyKey: string;
  readOnlySecret: string;
  hft71Username: string;
  hft71Password: string;
  hft71WebhookSecret: string;
}

export interface Sandbox extends SandboxInfo {
  stop(): Promise<void>;
}

/** A shop, an HFT71 and the door to steer them, on ports of 127.0.0.1. */
export async function startSandbox(given: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const options: SandboxOptions = { ...DEFAULT_OPTIONS, ...given };
  const random = new SeededRandom(options.seed);
  const timers = new Timers();
  const recorder = new Recorder(options.recordDir);
  // A series of their own: which requests a fault hits does not hang on what else was drawn meanwhile.
  const faults = new FaultBook(new SeededRandom(options.seed));
  const hft71 = openHft71({ ...options, skus: stockedSkus(), random, timers, record: (e) => recorder.accept(e) });
  const shop = openShop({
    offsetMinutes: options.shopOffsetMinutes,
    webhookDelayMs: options.webhookDelayMs,
    random,
    timers,
    isStocked: (sku) => hft71.provider.stock.has(sku),
    record: (entry) => recorder.order(entry),
  });
  const common = { faults, recorder, timers, expireTokens: () => hft71.provider.tokens.expireAll() };
  const { tlsKeyFile, tlsCertFile } = options;
  const shopFace: HttpFace = new HttpFace({
    ...common,
    target: 'shop',
    port: options.shopPort,
    ...(tlsKeyFile !== undefined && tlsCertFile !== undefined
      ? { tls: { key: readFileSync(tlsKeyFile), cert: readFileSync(tlsCertFile) } }
      : {}),
    arrive: () => false,
    handle: (call) => shop.handle(call, shopFace.url),
    authKind,
    recordedBody: (call) =>
      call.method !== 'GET' && /\/orders\/\d+(\/notes)?$/.test(call.path) ? bodyOf(call) : undefined,
  });
  const hft71Face = new HttpFace({
    ...common,
    target: 'hft71',
    port: options.hft71Port,
    arrive: (call) => hft71.arrive(call),
    handle: (call) => hft71.handle(call),
    authKind: (call) => (/^Bearer /i.test(call.headers.authorization ?? '') ? 'bearer' : 'none'),
    recordedBody: (call) => (call.method !== 'GET' && /^\/order(\/|$)/.test(call.path) ? bodyOf(call) : undefined),
  });
  faults.onChange = () => {
    shopFace.followFaults();
    hft71Face.followFaults();
  };
  const controlFace = new ControlFace({ shop, hft71, faults, recorder, timers, info: () => ({ ...info() }) });
  const info = (): SandboxInfo => ({
    shop: shopFace.url,
    hft71: hft71Face.url,
    control: controlFace.url,
    ...CREDENTIALS,
  });
  await shopFace.open();
  await hft71Face.open();
  await controlFace.open(options.controlPort);
  shop.shop.settings.homeUrl = shopFace.url;
  return {
    ...info(),
    stop: async () => {
      timers.close();
      shop.deliveries.stop();
      hft71.statusCalls.stop();
      for (const face of [shopFace, hft71Face, controlFace]) face.stop();
      recorder.close();
    },
  };
}

/** What was written about an order: who judges afterwards has to see it. */
function bodyOf(call: Call): Json {
  return parseJson(call.body) ?? call.body;
}
