import { callerName } from './admin-access.js';

interface ActRequest {
  readonly params: { readonly order: string };
  readonly query: { readonly shop?: string | undefined };
  readonly body: { readonly reason: string };
  readonly caller: { readonly name: string } | null;
}

/** What a person does with one order: whoever is logged in stands in the audit. */
export function actOf({ params, query: { shop }, body, caller }: ActRequest) {
  return {
    wanted: params.order,
    reason: body.reason,
    actor: callerName(caller),
    ...(shop === undefined ? {} : { shopId: shop }),
  };
}
