import { pathToFileURL } from 'node:url';
import { projectFile, startProcess } from '@relay/testing';

test('the wall clock is shifted and steps back by an hour at a signal; dates from values stay what they are', async () => {
  const preload = new URL(pathToFileURL(projectFile('apps/chaos/dist/preload/shifted-clock.js')));
  preload.searchParams.set('ms', '600000');
  const program = `
    const told = (what) => console.log(what, Date.now(), new Date().getTime(), new Date(0).getTime(), new Date() instanceof Date);
    told('ahead');
    process.on('SIGUSR2', () => setImmediate(() => { told('behind'); process.exit(0); }));
    setInterval(() => {}, 1000);`;
  const started = startProcess({ script: '-e', args: [program], nodeArgs: ['--import', preload.href] });
  await started.waitForLine('ahead');
  process.kill(started.pid, 'SIGUSR2');
  await started.ended;
  const now = Date.now();
  const said = started
    .stdout()
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const minutes = said.map(([, wall]) => Math.round((Number(wall) - now) / 60_000));
  expect(minutes).toEqual([10, -50]);
  for (const [, wall, made, epoch, isDate] of said)
    expect([Math.abs(Number(wall) - Number(made)) < 1000, epoch, isDate]).toEqual([true, '0', 'true']);
});
