/** Where a server of this test run is, as `jest-global-setup.mjs` says. */
export function serverUrl(variable: 'RELAY_TEST_POSTGRES_URL' | 'RELAY_TEST_REDIS_URL'): string {
  const url = process.env[variable];
  if (url === undefined)
    throw new Error(`${variable} is not set: run the tests with jest and this repository's jest.config.js.`);
  return url;
}
