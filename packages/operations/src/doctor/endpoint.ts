import type { CallFailure } from '@relay/core';
import { CERTIFICATE_CODE } from './fetch-failure.js';
import type { Cause } from './finding.js';

/** Why an address does not serve, in words. */
export interface Reason {
  readonly cause: Cause;
  readonly what: string;
  readonly toDo: string;
}

export interface Endpoint {
  readonly side: 'shop' | 'hft71';
  /** As a sentence begins with it. */
  readonly who: 'The shop' | 'HFT71';
  readonly setting: 'WC_BASE_URL' | 'HFT71_BASE_URL';
  readonly baseUrl: string;
  /** The base URL that is known to have served before; null where none is. */
  readonly servedAt: string | null;
}

/** What is said of a failure by both sides alike; null where the side itself has to say. */
export function endpointReason(endpoint: Endpoint, failure: CallFailure): Reason | null {
  const { side, who, setting, baseUrl } = endpoint;
  const { status, code } = failure;
  const address = (what: string, toDo: string): Reason => ({ cause: `${side}-base-url`, what, toDo });
  if (status === null) return code === null ? null : noAnswer(endpoint, code);
  if (code === 'redirects-to-https' && baseUrl.startsWith('http:'))
    return {
      cause: `${side}-http`,
      what: `${setting} begins with http://, and ${who === 'HFT71' ? who : 'the shop'} answers at https:// only`,
      toDo: `Set ${setting} to ${baseUrl.replace(/^http:/, 'https:')}.`,
    };
  if (status >= 300 && status < 400)
    return address(
      `${who} sends calls on to another address`,
      `Set ${setting} to where it redirects: ${failure.message.split('. ').at(-1) ?? ''}.`,
    );
  if (failure.failure === 'unavailable' && status >= 500)
    return {
      cause: `${side}-outage`,
      what: `${who} answers ${status}: an outage there`,
      toDo:
        side === 'hft71'
          ? 'Nothing here: orders wait, and go by themselves when it is over. Tell HFT71 if it lasts.'
          : 'Look into the shop’s own error log; orders wait and nothing is lost.',
    };
  return null;
}

function noAnswer({ side, who, setting, baseUrl, servedAt }: Endpoint, code: string): Reason {
  const host = new URL(baseUrl).host;
  if (CERTIFICATE_CODE.test(code))
    return {
      cause: `${side}-certificate`,
      what: `The certificate of ${host} is not trusted: ${certificateFault(code)}`,
      toDo: certificateToDo(code, setting),
    };
  const address = (what: string, toDo: string): Reason => ({ cause: `${side}-base-url`, what, toDo });
  if (code === 'EPROTO' || code.startsWith('ERR_SSL') || code === 'HPE_INVALID_CONSTANT')
    return address(`${host} does not speak ${new URL(baseUrl).protocol}//`, `Mend scheme and port of ${setting}.`);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return address(
      `No host is found under the name ${host}`,
      `Mend ${setting}${code === 'EAI_AGAIN' ? '; or this machine’s name server, which could not be asked' : ''}.`,
    );
  // What has never answered, or answered elsewhere, is sooner a wrong address than an outage.
  if (servedAt === null || new URL(servedAt).host !== host)
    return address(
      `Nobody answers at ${host} (${code})`,
      servedAt === null
        ? `Mend ${setting}; or let the relay’s machine through to it.`
        : `Set ${setting} back to ${servedAt}, where it answered; or let the relay’s machine through to the new one.`,
    );
  return {
    cause: `${side}-away`,
    what: `${who} does not answer (${code}), and did before at this address`,
    toDo: 'Nothing is lost: orders wait, and go by themselves when it answers. Check the network between, and that its host runs.',
  };
}

const CERTIFICATE_FAULTS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its chain ends in a certificate that is signed by itself',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet, or this machine’s clock is behind',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another host name',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'it comes without its intermediate certificates',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its issuer is not known here',
};

function certificateFault(code: string): string {
  const words = CERTIFICATE_FAULTS[code];
  return words === undefined ? code : `${words} (${code})`;
}

function certificateToDo(code: string, setting: string): string {
  if (code === 'CERT_HAS_EXPIRED') return 'Renew the certificate there; see why it was not renewed by itself.';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `Set ${setting} to the name that it is for, or mend it there.`;
  return 'Install a certificate of a known issuer there, with its intermediates; or name its issuer in NODE_EXTRA_CA_CERTS.';
}
