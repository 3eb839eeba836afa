import { makeSelfSigned } from '#adapters/crypto/self-signed.ts';
import { createApplicationIdentity } from '#adapters/entra/application-identity.ts';
import { createDelegatedIdentity } from '#adapters/entra/delegated-identity.ts';
import { createEventStoreDbLog } from '#adapters/eventstoredb/event-log.ts';
import { createGraph } from '#adapters/graph/graph.ts';
import { createSqliteSecrets } from '#adapters/key-store/secrets.ts';
import { createOutbound } from '#adapters/outbound/outbound.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import { createWebhookChannel } from '#workflows/activities/channels/webhook.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { type Desired, desiredBy } from '#workflows/desired.ts';

/** Where everything is that outlives a worker; sent to it as it is. */
export interface Places {
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly keyStore: { readonly file: string; readonly masterKeyFile: string };
  readonly entra: { readonly authority: string; readonly tenantId: string };
  readonly clients: {
    readonly chat: string;
    readonly events: string;
    readonly certificateFile: string;
    readonly keyFile: string;
  };
  readonly graph: { readonly url: string; readonly notificationUrl: string };
  /** PEM of the authorities of both. */
  readonly ca: string;
  /** Connection string of the event log. */
  readonly log: string;
  readonly webhook: { readonly url: string; readonly secret: string };
  readonly wanted: Wanted;
}

/** What is to be signed in and subscribed. */
export interface Wanted {
  readonly chat: boolean;
  readonly policies: readonly string[];
}

/** Graph's clock goes so many times as fast as everybody's: two calls that must be ten minutes apart are three seconds apart. */
export const graphIsFasterBy = 200;

export function desiredOf({ chat, policies }: Wanted): Desired {
  return desiredBy({
    ...(chat ? { chat: { content: 'basic' } } : {}),
    events: { method: 'certificate', apiVersion: 'v1.0', policies },
    // What is not reauthorised may be renewed as often as one likes.
    rules: { subscription: { quietMs: chat ? 3_500 : 100, reauthoriseMs: 4_000 } },
  });
}

/** A tenant as a worker of its own has it, with real adapters on the way to everything. */
export async function openTenant(places: Places): Promise<ActivityDeps & { close(): Promise<void> }> {
  const common = { clock: systemClock, ids: systemIds };
  const secrets = createSqliteSecrets({ ...places.keyStore, ...common, busyTimeoutMs: 20_000 });
  const { authority, tenantId } = places.entra;
  const extraHosts = [authority, places.graph.url].map((url) => new URL(url).host);
  const outbound = createOutbound({ cloud: 'global', extraHosts, ca: places.ca, clock: systemClock });
  const log = await createEventStoreDbLog({ connectionString: places.log, ...common });
  const shared = { ...common, tenantId, authority, secrets, outbound };
  const identities = {
    chat: createDelegatedIdentity({ ...shared, credential: 'chat', clientId: places.clients.chat }),
    events: createApplicationIdentity({
      ...{ ...shared, credential: 'events', clientId: places.clients.events, graph: 'https://graph.microsoft.com' },
      proof: { type: 'certificate-files', ...places.clients },
    }),
  };
  const graphOf = (feed: 'chat' | 'events') =>
    createGraph({
      ...{ baseUrl: places.graph.url, version: 'v1.0', identity: identities[feed], outbound, ...common },
      deadlineMs: 10_000,
    });
  const graphs = { chat: graphOf('chat'), events: graphOf('events') };
  const { notificationUrl } = places.graph;
  return {
    ...{ ...common, log, secrets, recordedBy: { role: 'worker', build: 'test' } },
    sealer: { unseal: async (document) => document },
    identity: (credential) => identities[credential],
    graph: (credential) => graphs[credential],
    delivery: {
      ...{ notificationUrl, lifecycleNotificationUrl: notificationUrl },
      applicationId: (credential) => places.clients[credential],
    },
    makeCertificate: makeSelfSigned,
    channels: [
      createWebhookChannel({
        ...{ ...places.webhook, clock: systemClock },
        async post(url, { headers, body, signal }) {
          const { status } = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
          return { status };
        },
      }),
    ],
    desired: () => desiredOf(places.wanted).subscriptions,
    async close() {
      await log.close();
      await secrets.close();
      await outbound.close();
    },
  };
}
