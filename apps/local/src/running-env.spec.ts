import { parseEnv } from 'node:util';
import { runningEnv } from './running-env.js';

const readBack = (env: Record<string, string>) => parseEnv(runningEnv(env).text);

test.each(["it's", 'say "this"', 'a`b', `'"`, "'`", '"`', 'a # b', ' a ', 'a\\nb', `it's\\n`, '{"a":"#1"}', '$A', ''])(
  '%j is read back as it was',
  (value) => {
    const env = { BEFORE: "a'b", VALUE: value, AFTER: 'after' };
    expect(readBack(env)).toEqual(env);
  },
);

test.each([`'"\``, 'a\r\nb'])('%j, which no quote can hold, is left out, and the file says so', (value) => {
  const { text, leftOut } = runningEnv({ BEFORE: '1', VALUE: value, AFTER: '2' });
  expect(parseEnv(text)).toEqual({ BEFORE: '1', AFTER: '2' });
  expect(leftOut).toEqual(['VALUE']);
  expect(text).toMatch(/^# VALUE /m);
  expect(text).not.toContain(value);
});
