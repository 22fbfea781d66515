import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFile } from '@relay/testing';

test('the build holds nothing that stops or kills a worker at a step', async () => {
  const folder = projectFile('apps/worker/dist');
  const files = (await readdir(folder, { recursive: true })).filter((name) => !name.endsWith('.map'));
  expect(files).toContain('main.js');
  expect(files.filter((name) => /testing|failpoint|spec/.test(name))).toEqual([]);
  for (const name of files.filter((each) => each.endsWith('.js'))) {
    const source = await readFile(join(folder, name), 'utf8');
    expect({ name, found: /failpoint|process\.kill|SIGSTOP|SIGKILL/.exec(source) }).toEqual({ name, found: null });
  }
  const main = await readFile(join(folder, 'main.js'), 'utf8');
  expect(main).toMatch(/startWorker\(relay\)/); // no hook
  expect(main).not.toContain('onStep');
});
