import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { projectFile } from '@relay/testing';
import type { World } from '../world/world.js';

/** Key and certificate in one, for `localhost`, signed by itself: nobody trusts it. */
const PEM = 'packages/woocommerce/fixtures/self-signed-localhost.pem';

/** A server that would answer whatever it is asked, if anybody trusted it. @returns its address. */
export async function selfSigned(world: World): Promise<string> {
  const pem = readFileSync(projectFile(PEM));
  const server = createServer({ key: pem, cert: pem }, (_request, response) => response.end('{}'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  world.onClose(async () => void server.close());
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}
