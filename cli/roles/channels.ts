import { createOutbound } from '#adapters/outbound/outbound.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { readPemFile } from '#cli/roles/pem-file.ts';
import type { Channel } from '#workflows/activities/channels/channel.ts';
import { createWebhookChannel } from '#workflows/activities/channels/webhook.ts';
import type { Page } from '#workflows/definitions/activities.ts';

/** The ways to page, and how it goes. */
export interface Paging {
  readonly channels: readonly Channel[];
  /** Why nobody took what was sent last: `HTTP 503`. Undefined once somebody did, and before anything was sent. */
  failing(): string | undefined;
}

/**
 * Pages go out with or without a tenant, and to the one host that the setting names.
 * @throws {CommandError} with exit code 78 where the authority cannot be read
 */
export function pagingOf({ settings, clock, log }: Pick<RunContext, 'settings' | 'clock' | 'log'>): Paging {
  const { webhookUrl, webhookSecret, cloud, certificateAuthority } = settings;
  if (webhookUrl === undefined || webhookSecret === undefined) return { channels: [], failing: () => undefined };
  const { protocol, hostname, port } = new URL(webhookUrl);
  const outbound = createOutbound({
    ...{ cloud, clock, extraHosts: [`${hostname}:${port || (protocol === 'http:' ? 80 : 443)}`] },
    ...(certificateAuthority === undefined
      ? {}
      : { ca: readPemFile('TOCSIN_CERTIFICATE_AUTHORITY', certificateAuthority) }),
  });
  const { name, send, remind } = createWebhookChannel({
    ...{ url: webhookUrl, secret: webhookSecret, clock },
    async post(url, { headers, body, signal }) {
      const answer = await outbound.request(url, { method: 'POST', headers, body, signal });
      if (!answer.ok) throw new Error(answer.reason);
      return { status: answer.status };
    },
  });

  let failed: string | undefined;
  // Each page is on record, but with its call: that none arrives has to be seen without opening one.
  const noted = async (sending: Promise<Omit<Page, 'channel'>>) => {
    const sent = await sending;
    if (sent.outcome === 'cancelled') return sent;
    const before = failed;
    failed = sent.outcome === 'accepted' ? undefined : sent.detail;
    if (failed !== undefined && before === undefined)
      log.error({ channel: name, detail: failed }, 'a page did not arrive');
    if (failed === undefined && before !== undefined) log.info({ channel: name }, 'pages arrive again');
    return sent;
  };
  return {
    channels: [
      {
        name,
        send: (message, signal) => noted(send(message, signal)),
        ...(remind === undefined ? {} : { remind: (message, signal) => noted(remind(message, signal)) }),
      },
    ],
    failing: () => failed,
  };
}
