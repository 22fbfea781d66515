import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { envExample, loadSettings, SettingsError, VARIABLE_NAMES } from './index.js';

describe('.env.example', () => {
  it('is what `npm run env:example` writes', () => {
    expect(readFileSync(join(__dirname, '..', '..', '..', '.env.example'), 'utf8')).toBe(envExample());
  });

  it('names each variable once, with a description', () => {
    const assigned = [...envExample().matchAll(/^# \S.*\n(?:# )?([A-Z0-9_]+)=/gm)].map((match) => match[1]);
    expect(assigned).toEqual([...VARIABLE_NAMES]);
  });

  it('is refused as long as its placeholders stand', () => {
    expect(() => loadSettings(parseEnv(envExample()) as Record<string, string>)).toThrow(SettingsError);
  });

  it('holds values that are good, apart from the placeholders', () => {
    const uncommented = parseEnv(envExample().replace(/^# ([A-Z0-9_]+=)/gm, '$1')) as Record<string, string>;
    const secrets = Object.entries(uncommented).filter(([, value]) => value.includes('<'));
    for (const [name] of secrets) uncommented[name] = 'x'.repeat(40);
    expect(loadSettings(uncommented).shop).not.toBeNull();
  });
});
