import { readFileSync } from 'node:fs';
import { createApplicationIdentity } from '#adapters/entra/application-identity.ts';
import type { ApplicationProof } from '#adapters/entra/application-proof.ts';
import { createDelegatedIdentity } from '#adapters/entra/delegated-identity.ts';
import { createUnsetIdentity } from '#adapters/entra/unset-identity.ts';
import { createGraph } from '#adapters/graph/graph.ts';
import { createOutbound } from '#adapters/outbound/outbound.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { graphCallLog } from '#cli/roles/graph-log.ts';
import { managedIdentityAssertion } from '#cli/roles/managed-identity-assertion.ts';
import { type PolicyWatch, watchPolicies } from '#cli/roles/policy-watch.ts';
import { clouds } from '#domain/identity/clouds.ts';
import { streamPrefixes } from '#domain/names.ts';
import type { Graph } from '#ports/graph.ts';
import type { Identity } from '#ports/identity.ts';
import type { Outbound } from '#ports/outbound.ts';
import type { Secrets } from '#ports/secrets.ts';
import type { WatchTarget } from '#processor/watch/watch.ts';
import { throughEventGrid } from '#workflows/activities/subscription-request.ts';
import { type Feed, streamOf, subscriptionWorkflowId } from '#workflows/contract.ts';
import { type Desired, desiredBy } from '#workflows/desired.ts';

/** Tocsin's own way to Entra ID and Graph: what `resolve` and the workflows use. */
export interface TenantAccess {
  readonly secrets: Secrets;
  readonly outbound: Outbound;
  /** What the settings, and the list of policies as it is now, want to be signed in and subscribed. */
  readonly desired: Desired;
  /** What of it is to be watched: always the same array, whose entries come and go with the policies. */
  readonly targets: readonly WatchTarget[];
  readonly policies: PolicyWatch;
  /** Where Graph delivers. */
  readonly notificationUrl: string;
  /** Where it delivers emergency events where the rest takes the way through Event Grid, which has no type for them. */
  readonly eventsUrl?: string;
  identity(feed: Feed): Identity;
  graph(feed: Feed): Graph;
  close(): Promise<void>;
}

/** Milliseconds for one call with its attempts: whoever calls waits longer by itself, where operators see it. */
const graphMs = 10_000;

/** @param skewMs 0 where the clocks agree again */
export function sayClockSkew(log: Pick<RunContext['log'], 'info' | 'warn'>, skewMs: number): void {
  if (skewMs === 0) log.info({}, 'the clocks of this machine and of Entra ID agree again');
  else log.warn({ skewMs }, 'the clocks of this machine and of Entra ID differ; set the time of this machine');
}

/** Undefined where the settings name no tenant and no application: then nobody signs in, and nothing is subscribed by Tocsin. */
export function openTenantAccess(context: RunContext, secrets: Secrets): TenantAccess | undefined {
  const { settings, clock, ids, log } = context;
  const { tenant, chatClientId, eventsClientId, serviceUser } = settings;
  if (tenant === undefined || (chatClientId ?? eventsClientId) === undefined) return undefined;
  const cloud = clouds[settings.cloud];
  const graphBase = settings.graph ?? cloud.graph;
  const authority = settings.entra ?? `${cloud.entra}/${tenant}`;
  const outbound = createOutbound({
    ...{ cloud: settings.cloud, extraHosts: settings.allowedHosts ?? [], clock },
    ...(settings.certificateAuthority === undefined ? {} : { ca: readPem(settings.certificateAuthority) }),
  });
  const shared = {
    ...{ tenantId: tenant, authority, knownAuthorities: [new URL(authority).host], secrets, outbound, clock, ids },
    onClockSkew: (skewMs: number) => sayClockSkew(log, skewMs),
  };
  const identities: Partial<Record<Feed, Identity>> = {
    ...(chatClientId === undefined
      ? {}
      : {
          chat: createDelegatedIdentity({
            ...{ ...shared, credential: 'chat', clientId: chatClientId },
            ...(serviceUser === undefined ? {} : { serviceUser }),
          }),
        }),
    ...(eventsClientId === undefined
      ? {}
      : {
          events: createApplicationIdentity({
            ...{ ...shared, credential: 'events', clientId: eventsClientId },
            ...{ graph: cloud.graph, proof: proofOf(context) },
          }),
        }),
  };
  const identity = (feed: Feed): Identity => identities[feed] ?? createUnsetIdentity(feed, secrets);
  const graphs = new Map<Feed, Graph>();
  const desiredWith = (policies: readonly string[]) =>
    desiredBy({
      ...(chatClientId === undefined ? {} : { chat: { content: settings.chatContent } }),
      ...(eventsClientId === undefined
        ? {}
        : {
            events: {
              method: settings.eventsPrivateKey === undefined ? 'federated' : 'certificate',
              ...{ apiVersion: settings.eventsApi, policies },
            },
          }),
    });
  const policies = watchPolicies(context, (names) => {
    desired = desiredWith(names);
    keepTargets(targets, desired);
  });
  let desired = desiredWith(policies.names());
  const targets = keepTargets([], desired);
  return {
    ...{ secrets, outbound, identity, policies, targets },
    get desired() {
      return desired;
    },
    notificationUrl: settings.notificationUrl ?? notificationUrlOf(context),
    ...(eventsClientId !== undefined && throughEventGrid(settings.notificationUrl ?? '')
      ? { eventsUrl: notificationUrlOf(context) }
      : {}),
    graph(feed) {
      const made =
        graphs.get(feed) ??
        createGraph({
          ...{ baseUrl: graphBase, version: feed === 'events' ? settings.eventsApi : 'v1.0' },
          ...{ identity: identity(feed), outbound, clock, ids, signal: context.signal, deadlineMs: graphMs },
          observe: graphCallLog(log, feed, context.signal),
        });
      graphs.set(feed, made);
      return made;
    },
    async close() {
      await outbound.close();
    },
  };
}

/** Those that are wanted still stay what they are: what is known of them is kept by them. */
function keepTargets(targets: WatchTarget[], { subscriptions }: Desired): WatchTarget[] {
  const before = new Map(targets.map((target) => [target.subscription, target]));
  const now = subscriptions.map(({ id, feed, policy, credential }): WatchTarget => {
    const subscription = streamOf(subscriptionWorkflowId(id)).slice(streamPrefixes.subscription.length);
    return (
      before.get(subscription) ?? { ...{ feed, credential, subscription }, ...(policy === undefined ? {} : { policy }) }
    );
  });
  targets.splice(0, targets.length, ...now);
  return targets;
}

function proofOf({ settings }: RunContext): ApplicationProof {
  const { eventsCertificate, eventsPrivateKey } = settings;
  if (eventsPrivateKey === undefined) return { type: 'federated', assertion: managedIdentityAssertion };
  if (eventsCertificate === undefined)
    throw new CommandError(
      exitCodes.settings,
      'TOCSIN_EVENTS_CERTIFICATE must be set beside TOCSIN_EVENTS_PRIVATE_KEY: the PEM file of its certificate',
    );
  return { type: 'certificate-file', certificateFile: eventsCertificate, key: eventsPrivateKey };
}

/** The hub's address in Graph's form ("Receive change notifications through Azure Event Hubs"). */
function notificationUrlOf({ settings }: RunContext): string {
  const host =
    settings.eventHubs?.kind === 'namespace'
      ? settings.eventHubs.host
      : /(?:^|;)Endpoint=sb:\/\/([^/:;]+)/i.exec(settings.eventHubs?.value ?? '')?.[1];
  if (host === undefined)
    throw new CommandError(
      exitCodes.settings,
      'TOCSIN_NOTIFICATION_URL or TOCSIN_EVENT_HUBS must be set: Graph has to be told where to deliver',
    );
  return `EventHub:https://${host}/eventhubname/${settings.eventHub}?tenantId=${settings.tenantDomain ?? settings.tenant}`;
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(
      exitCodes.settings,
      `TOCSIN_CERTIFICATE_AUTHORITY: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    );
  }
}
