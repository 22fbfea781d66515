import { CallFailure, normalHomeUrl } from '@relay/core';
import { z } from 'zod';
import { serverDateOf } from './shop-answer.js';
import type { ShopIndex } from './shop-client.js';
import type { ShopCall, ShopHttp } from './shop-http.js';

const indexBody = z.object({
  name: z.string(),
  home: z.string().min(1),
  namespaces: z.array(z.string()),
  /** Hours, `5.5` too; WordPress answers a number or a string. */
  gmt_offset: z.coerce.number(),
});

const FIELDS = { _fields: 'name,home,namespaces,gmt_offset' };
const INDEX: ShopCall = {
  action: 'site_index',
  method: 'GET',
  path: '/wp-json/',
  query: FIELDS,
  withoutKeys: true,
};

/** @throws CallFailure that tells an absent host, another page, plain permalinks, and a bad certificate apart. */
export async function readSiteIndex(http: ShopHttp): Promise<ShopIndex> {
  try {
    return await readIndex(http, INDEX);
  } catch (error) {
    if (error instanceof CallFailure && error.status !== null && (await hasPlainPermalinks(http)))
      throw new CallFailure({
        target: 'shop',
        action: INDEX.action,
        failure: 'misconfigured',
        status: error.status,
        code: 'plain-permalinks',
        hint: 'The shop’s API is there, but its keys need readable addresses: Settings → Permalinks → Post name',
      });
    throw error;
  }
}

async function readIndex(http: ShopHttp, call: ShopCall): Promise<ShopIndex> {
  const answer = await http.call(call);
  const parsed = indexBody.safeParse(answer.json).data;
  if (parsed === undefined) throw http.unexpectedShape(call, answer.status);
  return {
    name: parsed.name,
    homeUrl: normalHomeUrl(parsed.home),
    namespaces: parsed.namespaces,
    gmtOffsetMinutes: Math.round(parsed.gmt_offset * 60),
    serverDate: serverDateOf(answer.headers),
  };
}

/** With plain permalinks `/wp-json/` is an ordinary 404 page (or the home page), and the API answers here. */
async function hasPlainPermalinks(http: ShopHttp): Promise<boolean> {
  return readIndex(http, { ...INDEX, path: '/', query: { rest_route: '/', ...FIELDS } }).then(
    () => true,
    () => false,
  );
}
