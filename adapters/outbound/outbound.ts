import { createSecureContext, getCACertificates } from 'node:tls';
import { Agent, buildConnector, request as send } from 'undici';
import type { Cloud } from '#domain/identity/clouds.ts';
import type { Clock } from '#ports/clock.ts';
import type { Outbound, OutboundFailure } from '#ports/outbound.ts';
import { createAllowList } from './allow-list.ts';
import { failureOf } from './failure.ts';

export interface OutboundDeps {
  readonly cloud: Cloud;
  /** Hosts that the settings name: `host` or `host:port`. */
  readonly extraHosts: readonly string[];
  /** PEM of a further authority; only certificates of `extraHosts` may come from it, never Microsoft's. */
  readonly ca?: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Longest answer that is read, bytes (default 8 MiB). */
  readonly maximumBytes?: number;
}

/**
 * The guard for every outgoing HTTP request. Timeouts are measured by the machine's own timer whatever clock is handed in: the network does not wait
 * for a simulated one.
 * @throws {TypeError} for an extra host that is none
 */
export function createOutbound(deps: OutboundDeps): Outbound & { close(): Promise<void> } {
  const { cloud, extraHosts, ca, clock, maximumBytes = 8 * 1_048_576 } = deps;
  const allowList = createAllowList(cloud, extraHosts);
  const microsoft = agentWith(undefined, maximumBytes);
  const extra = ca === undefined ? microsoft : agentWith(ca, maximumBytes);

  return {
    async request(text, { method = 'GET', headers = {}, body, timeoutMs = 30_000, signal } = {}) {
      const checked = allowList.check(text);
      if (!checked.ok) return { ok: false, reason: 'refused', detail: checked.why, sent: false };
      const { host } = checked.url;
      if (isAborted(signal)) return aborted(host, false);
      const timer = new AbortController();
      const timeout = setTimeout(() => timer.abort(), timeoutMs);
      try {
        const answer = await send(checked.url, {
          method,
          headers: { 'user-agent': 'tocsin', ...headers },
          dispatcher: checked.extra ? extra : microsoft,
          signal: signal === undefined ? timer.signal : AbortSignal.any([signal, timer.signal]),
          ...(body === undefined ? {} : { body }),
        });
        const read = await answer.body.text();
        const flat = flatten(answer.headers);
        const date = Date.parse(flat['date'] ?? '');
        return {
          ok: true,
          status: answer.statusCode,
          headers: flat,
          text: read,
          // The header has whole seconds: half of one is the best guess.
          ...(Number.isNaN(date) ? {} : { skewMs: Math.trunc(date + 500 - clock.now()) }),
        };
      } catch (error) {
        if (isAborted(signal)) return aborted(host, true);
        if (timer.signal.aborted) return tooLate(host, timeoutMs);
        return failureOf(host, error);
      } finally {
        clearTimeout(timeout);
      }
    },

    async close() {
      await Promise.all([microsoft.destroy(), extra.destroy()]);
    },
  };
}

/**
 * Undici follows no redirect and repeats nothing by itself; its own timeouts stand behind the caller's.
 * @param ca PEM of an authority that is trusted besides the usual ones
 */
function agentWith(ca: string | undefined, maximumBytes: number): Agent {
  let connector: buildConnector.connector | undefined;
  return new Agent({
    connect(options, callback) {
      connector ??= connectorWith(ca);
      connector(options, callback);
    },
    headersTimeout: 120_000,
    bodyTimeout: 60_000,
    keepAliveTimeout: 10_000,
    keepAliveMaxTimeout: 60_000,
    connections: 32,
    pipelining: 1,
    maxResponseSize: maximumBytes,
    allowH2: false,
  });
}

/** What is trusted is read once: to read some hundred authorities again for every connection would hold up the whole thread for tens of milliseconds each time. */
function connectorWith(ca: string | undefined): buildConnector.connector {
  const trusted = ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] };
  const secureContext = createSecureContext({ minVersion: 'TLSv1.2', ...trusted });
  return buildConnector({ timeout: 10_000, rejectUnauthorized: true, secureContext });
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = typeof value === 'string' ? value : value.join(', ');
  }
  return flat;
}

// Asked for by a function, as the compiler takes what was false before an await for false after it.
const isAborted = (signal: AbortSignal | undefined) => signal?.aborted === true;

const aborted = (host: string, sent: boolean): OutboundFailure => ({
  ok: false,
  reason: 'aborted',
  detail: `the request to ${host} was given up`,
  sent,
});

const tooLate = (host: string, timeoutMs: number): OutboundFailure => ({
  ok: false,
  reason: 'timeout',
  detail: `${host} did not answer within ${timeoutMs} ms`,
  sent: true,
});
