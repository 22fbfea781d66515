import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectFile, startProcess } from '@relay/testing';
import { SCENARIOS } from '../scenarios/list.js';
import { SABOTAGES } from './list.js';
import { patchSource } from './patch-source.js';
import { assertInStep } from './switch-off.js';

describe('each switch', () => {
  test.each(SABOTAGES)('$name is in step with the build, and names a scenario that guards it', (sabotage) => {
    expect(() => assertInStep(sabotage.patches ?? [])).not.toThrow();
    expect(SCENARIOS.map(({ name }) => name)).toContain(sabotage.scenario);
    expect([sabotage.patches, sabotage.settings, sabotage.onLedger].some((means) => means !== undefined)).toBe(true);
  });
});

test('a text that is not there, or there twice, is out of step', () => {
  expect(patchSource('a b', { module: 'm', find: 'b', replace: '$&c' })).toBe('a $&c');
  for (const source of ['a', 'b b'])
    expect(() => patchSource(source, { module: 'm', find: 'b', replace: '' })).toThrow('out of step with m');
});

describe('a module is rewritten as Node loads it', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'relay-switches-'));
    await writeFile(join(folder, 'guard.mjs'), 'export const guarded = () => true;\n');
    await writeFile(
      join(folder, 'main.mjs'),
      `import { guarded } from './guard.mjs';\nconsole.log('guarded', guarded());\n`,
    );
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const run = async (find: string) => {
    const url = pathToFileURL(join(folder, 'guard.mjs')).href;
    const plan = JSON.stringify([{ url, module: 'guard.mjs', find, replace: 'false' }]);
    const register = new URL(pathToFileURL(projectFile('apps/chaos/dist/sabotage/register.js')));
    register.searchParams.set('plan', Buffer.from(plan).toString('base64url'));
    const started = startProcess({ script: join(folder, 'main.mjs'), nodeArgs: ['--import', register.href] });
    const { code } = await started.ended;
    return { code, stdout: started.stdout(), stderr: started.stderr() };
  };

  test('and the process says so', async () => {
    const { code, stdout, stderr } = await run('true');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'guarded false\n' });
    expect(stderr).toContain('a guard is switched off in guard.mjs');
  });

  test('or the process ends: a switch that does nothing must not look like one', async () => {
    const { code, stderr } = await run('maybe');
    expect(code).not.toBe(0);
    expect(stderr).toContain('out of step with guard.mjs');
  });
});
