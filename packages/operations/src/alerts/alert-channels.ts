import type { AlertSettings } from '@relay/config';
import { parseRetryAfterMs } from '@relay/core';
import type { Channel } from '@relay/ledger';
import { createTransport } from 'nodemailer';
import { mailOf, slackBodyOf, type AlertMessage } from './message-text.js';

/** A receiver that has not answered by then is asked again later. */
const ANSWER_MS = 10_000;

/** Why a message did not go out, without the address, which may be a secret itself. */
export class NotDelivered extends Error {
  override readonly name = 'NotDelivered';
  /** The receiver asks to wait for so long; null when it asks for nothing. */
  readonly retryAfterMs: number | null;

  constructor(message: string, retryAfterMs: number | null = null) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

export interface AlertChannels {
  /** Those that the settings name; the log beside them is always written. */
  readonly names: readonly Channel[];
  /** @throws NotDelivered */
  send(channel: Channel, message: AlertMessage): Promise<void>;
  close(): void;
}

export function openChannels({ webhookUrl, email }: Pick<AlertSettings, 'webhookUrl' | 'email'>): AlertChannels {
  const transport =
    email === null
      ? null
      : createTransport({
          url: email.smtpUrl,
          connectionTimeout: ANSWER_MS,
          greetingTimeout: ANSWER_MS,
          socketTimeout: ANSWER_MS,
        });
  return {
    names: channelNames({ webhookUrl, email }),
    async send(channel, message) {
      if (channel === 'webhook' && webhookUrl !== null) return post(webhookUrl, message);
      if (email === null || transport === null) throw new NotDelivered(`the settings name no ${channel}`);
      const { subject, text, messageId } = mailOf(message);
      await transport
        .sendMail({ from: email.from, to: [...email.to], subject, text, messageId })
        .catch((error: unknown) => {
          throw new NotDelivered(smtpFailure(error));
        });
    },
    close: () => transport?.close(),
  };
}

export function channelNames({ webhookUrl, email }: Pick<AlertSettings, 'webhookUrl' | 'email'>): Channel[] {
  return [...(webhookUrl === null ? [] : ['webhook' as const]), ...(email === null ? [] : ['email' as const])];
}

async function post(url: string, message: AlertMessage): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'HFT71-Relay' },
    body: JSON.stringify(slackBodyOf(message)),
    redirect: 'manual', // an alert goes where the settings say, and nowhere else
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch((error: unknown) => {
    throw new NotDelivered(networkFailure(error));
  });
  await answer.body?.cancel().catch(() => undefined);
  if (answer.ok) return;
  const retryAfterMs = parseRetryAfterMs(Object.fromEntries(answer.headers));
  throw new NotDelivered(`the webhook answered HTTP ${answer.status}`, retryAfterMs);
}

export function networkFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  if (error.name === 'TimeoutError') return `no answer in ${ANSWER_MS / 1000} s`;
  return `no answer (${codeOf(error.cause) ?? codeOf(error) ?? error.name})`;
}

/** The server's own words may name the receivers. */
function smtpFailure(error: unknown): string {
  const status = (error as { responseCode?: unknown }).responseCode;
  return ['the mail server refused', codeOf(error), typeof status === 'number' ? `SMTP ${status}` : null]
    .filter((part) => part !== null)
    .join(' ');
}

function codeOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : null;
}
