import type { Examination } from './examination.js';
import { CERTIFICATE_CODE, fetchFailure } from './fetch-failure.js';

const PATIENCE_MS = 4_000;
const NAME = 'RELAY_PUBLIC_URL';

/** Whether the way in that the shop and HFT71 are told leads to the api, as far as it can be seen from here. */
export async function examinePublicUrl(exam: Examination, publicUrl: string | null): Promise<void> {
  if (publicUrl === null) return exam.skipped(NAME, 'not set: no webhooks, and orders come by sweeps');
  exam.step('calling our own address');
  const url = `${publicUrl}/healthz`;
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) });
    await answer.body?.cancel();
    if (answer.status < 500) return exam.ok(NAME, `answers (${answer.status})`);
    exam.found(NAME, 'public-url', {
      what: `A proxy answers ${answer.status} for the api: no webhook gets through`,
      toDo: 'Start the api: `node apps/api/dist/main.js`; see that the proxy’s upstream is its RELAY_HOST and PORT.',
      evidence: [`GET ${url}: ${answer.status}`],
    });
  } catch (error) {
    const code = fetchFailure(error);
    const isCertificate = CERTIFICATE_CODE.test(code);
    exam.found(NAME, 'public-url', {
      what: isCertificate
        ? `The certificate of RELAY_PUBLIC_URL is not trusted (${code}): neither the shop nor HFT71 delivers to it`
        : `Nobody answers at RELAY_PUBLIC_URL (${code}): no webhook gets through, and orders come by sweeps`,
      toDo: isCertificate
        ? 'Renew or mend it there.'
        : 'Start the api: `node apps/api/dist/main.js`; or mend RELAY_PUBLIC_URL. If only this machine cannot reach its own public address, `relay webhook check` says whether deliveries come.',
      evidence: [`GET ${url}: ${code}`],
      // A network may well not let a machine in by its own public address.
      isWarning: !isCertificate && code === 'timeout',
    });
  }
}
