import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from './index.js';

describe('readEnvironment', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'relay-config-'))));
  afterEach(() => {
    rmSync(folder, { recursive: true });
    delete process.env.RELAY_HOST;
  });

  it('lets the process win over .env', () => {
    writeFileSync(join(folder, '.env'), 'RELAY_HOST=file\nRELAY_MODE=live\nHFT71_ORDER_TEMPLATE=\'{"a": "#1"}\'\n');
    process.env.RELAY_HOST = 'process';
    expect(readEnvironment(folder)).toMatchObject({
      RELAY_HOST: 'process',
      RELAY_MODE: 'live',
      HFT71_ORDER_TEMPLATE: '{"a": "#1"}',
    });
  });

  it('needs no file', () => {
    expect(readEnvironment(folder)).toMatchObject({ PATH: process.env.PATH });
  });
});
