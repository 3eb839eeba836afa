import { createDelegatedIdentity } from '#adapters/entra/delegated-identity.ts';
import { createSqliteSecrets } from '#adapters/key-store/secrets.ts';
import { createOutbound } from '#adapters/outbound/outbound.ts';
import { systemIds } from '#adapters/system/ids.ts';
import type { Clock } from '#ports/clock.ts';
import type { Identity, SignInResult } from '#ports/identity.ts';
import type { Outbound, OutboundRequest, OutboundResult } from '#ports/outbound.ts';
import { temporaryPlace } from '#test/adapters/key-store/place.ts';
import {
  chatClient,
  type StartedEntra,
  startEntra,
  tenantId,
  trustedAuthority,
} from '#test/simulator/entra/start-entra.ts';

/** The machine's time, which can be moved; whoever sleeps is woken soon, so that polls of seconds take none. */
export interface MovableClock extends Clock {
  move(ms: number): void;
  /** How long everybody wanted to sleep, in order. */
  readonly slept: readonly number[];
}

function createMovableClock(): MovableClock {
  let moved = 0;
  const slept: number[] = [];
  return {
    now: () => Date.now() + moved,
    monotonic: () => performance.now() + Math.max(0, moved),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        slept.push(ms);
        const timer = setTimeout(resolve, Math.min(ms, 3));
        signal?.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true });
      }),
    move: (ms) => {
      moved += ms;
    },
    slept,
  };
}

/** What was sent and came back; tests may answer instead of the network. */
export interface RecordedOutbound extends Outbound {
  readonly calls: { readonly url: string; readonly form: URLSearchParams; readonly result: OutboundResult }[];
  /** Answers every following request that it does not leave to the network by answering nothing. */
  intercept?:
    | ((form: URLSearchParams, url: string, ask: () => Promise<OutboundResult>) => Promise<OutboundResult> | undefined)
    | undefined;
}

function recordOutbound(outbound: Outbound): RecordedOutbound {
  const recorded: RecordedOutbound = {
    calls: [],
    async request(url: string, request?: OutboundRequest) {
      const form = new URLSearchParams(request?.body ?? '');
      const ask = () => outbound.request(url, request);
      const result = await (recorded.intercept?.(form, url, ask) ?? ask());
      recorded.calls.push({ url, form, result });
      return result;
    },
  };
  return recorded;
}

/** One simulated Entra ID, one key store, and identities on them. */
export interface EntraPlace {
  readonly entra: StartedEntra;
  readonly clock: MovableClock;
  readonly outbound: RecordedOutbound;
  readonly store: ReturnType<typeof temporaryPlace>;
  readonly skews: number[];
  /** Secrets on a connection of their own, as another process has. */
  openSecrets(): ReturnType<typeof createSqliteSecrets>;
  /** The service user's, with secrets of its own. */
  identity(more?: Partial<Parameters<typeof createDelegatedIdentity>[0]>): Identity;
  /** Signs the service user in by code, approved at once. */
  signIn(identity: Identity): Promise<SignInResult>;
  /** Bodies of all token answers with tokens, in order. */
  grants(): readonly { readonly sent: URLSearchParams; readonly refresh: string; readonly access: string }[];
  discard(): Promise<void>;
}

export async function createEntraPlace(options: Parameters<typeof startEntra>[0] = {}): Promise<EntraPlace> {
  const entra = await startEntra(options);
  const clock = createMovableClock();
  const store = temporaryPlace();
  const { host } = new URL(entra.simulator.authority);
  const network = createOutbound({ cloud: 'global', extraHosts: [host], ca: trustedAuthority, clock });
  const outbound = recordOutbound(network);
  const opened: { close(): Promise<void> }[] = [];
  const skews: number[] = [];
  const openSecrets = () => {
    const secrets = createSqliteSecrets({ ...store, clock, ids: systemIds });
    opened.push(secrets);
    return secrets;
  };
  return {
    entra,
    clock,
    outbound,
    store,
    skews,
    openSecrets,
    identity: (more = {}) =>
      createDelegatedIdentity({
        credential: 'chat',
        tenantId,
        clientId: chatClient.clientId,
        authority: entra.simulator.authority,
        secrets: more.secrets ?? openSecrets(),
        outbound,
        clock,
        ids: systemIds,
        onClockSkew: (skewMs) => void skews.push(skewMs),
        ...more,
      }),
    signIn: (identity) =>
      identity.signInWithCode({
        signal: new AbortController().signal,
        show: async ({ userCode }) => void (await entra.simulator.approve(userCode)),
      }),
    grants: () =>
      outbound.calls.flatMap(({ form, result }) => {
        if (!result.ok || !form.has('grant_type')) return [];
        const body = JSON.parse(result.text) as { refresh_token?: string; access_token?: string };
        return body.access_token === undefined
          ? []
          : [{ sent: form, refresh: body.refresh_token ?? '', access: body.access_token }];
      }),
    async discard() {
      for (const secrets of opened) await secrets.close();
      await network.close();
      await entra.close();
      store.remove();
    },
  };
}

/** A signal that is never given. */
export function never(): AbortSignal {
  return new AbortController().signal;
}
