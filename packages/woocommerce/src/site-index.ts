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
    if (!(error instanceof CallFailure) || !maySayPermalinks(error)) throw error;
    const index = await readWithoutPermalinks(http);
    if (index === null) throw error;
    // WordPress answers so below every path of its host: only its own home says where it lives.
    const isElsewhere = pathOf(index.homeUrl) !== pathOf(http.baseUrl.href);
    throw new CallFailure({
      target: 'shop',
      action: INDEX.action,
      failure: 'misconfigured',
      status: error.status,
      code: isElsewhere ? 'wrong-path' : 'plain-permalinks',
      hint: isElsewhere
        ? `The shop’s home is ${index.homeUrl}: check the path of WC_BASE_URL`
        : 'The shop’s API is there, but its keys need readable addresses: Settings → Permalinks → Post name',
    });
  }
}

/** An ordinary 404 page, or the home page; what forbids, fails or sends on has another reason. */
function maySayPermalinks({ status }: CallFailure): boolean {
  return status === 404 || (status !== null && status < 300);
}

function pathOf(url: string): string {
  return new URL(url).pathname.replace(/\/+$/, '');
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

/** With plain permalinks the API answers here. */
async function readWithoutPermalinks(http: ShopHttp): Promise<ShopIndex | null> {
  return readIndex(http, { ...INDEX, path: '/', query: { rest_route: '/', ...FIELDS } }).catch(() => null);
}
