import { Webhook } from 'standardwebhooks';
import type { Clock } from '#ports/clock.ts';
import type { Channel } from '#workflows/activities/channels/channel.ts';
import type { Page } from '#workflows/definitions/activities.ts';

export interface WebhookChannelOptions {
  readonly url: string;
  /** `whsec_<base64>`, 24 to 64 bytes. */
  readonly secret: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Sends one request; redirects are not followed. Rejects when the signal is aborted or nothing answers. */
  post(
    url: string,
    request: {
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      readonly signal: AbortSignal;
    },
  ): Promise<{ readonly status: number }>;
  /** Milliseconds until an attempt is given up (default 15,000). */
  readonly timeoutMs?: number;
}

/** Pages and reminds by a signed request (Standard Webhooks specification 1.0): any 2xx is accepted, 410 and other 4xx are refused, all else failed. */
export function createWebhookChannel(options: WebhookChannelOptions): Channel {
  const signer = new Webhook(options.secret);
  return {
    name: 'webhook',
    send: ({ id, emergencyId, attempt, urgency, test, call, note }, signal) =>
      post(
        id,
        test ? 'emergency.test' : 'emergency.page',
        { emergencyId, attempt, urgency, test, call, ...(note === undefined ? {} : { note }) },
        signal,
      ),
    remind: ({ id, ...data }, signal) => post(id, 'credential.reminder', data, signal),
  };

  async function post(id: string, type: string, data: object, signal: AbortSignal): Promise<Omit<Page, 'channel'>> {
    const at = new Date(options.clock.now());
    const body = JSON.stringify({ type, timestamp: at.toISOString(), data });
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signer.sign(id, at, body),
    };
    const timeout = AbortSignal.timeout(options.timeoutMs ?? 15_000);
    try {
      const { status } = await options.post(options.url, {
        headers,
        body,
        signal: AbortSignal.any([signal, timeout]),
      });
      const outcome = status >= 200 && status < 300 ? 'accepted' : status >= 400 && status < 500 ? 'refused' : 'failed';
      return { outcome, detail: `HTTP ${status}` };
    } catch {
      // What the error says may hold the address, which may hold a secret.
      if (signal.aborted) return { outcome: 'cancelled', detail: 'somebody acted meanwhile' };
      return { outcome: 'failed', detail: timeout.aborted ? 'no answer in time' : 'no connection' };
    }
  }
}
