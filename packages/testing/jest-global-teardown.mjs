export default async function tearDown() {
  await Promise.all((globalThis.relayTestServers ?? []).map((server) => server.stop()));
}
