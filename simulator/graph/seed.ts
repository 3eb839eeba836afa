import type { GraphEvent, SeedOptions } from '#simulator/graph/options.ts';
import { longestLife, type SubscriptionRecord } from '#simulator/graph/record.ts';
import type { Registry } from '#simulator/graph/registry.ts';
import { isRefusal } from '#simulator/graph/reply.ts';
import { parseResource } from '#simulator/graph/resource.ts';
import type { SeededSubscription, SimulatedTenant } from '#simulator/teams/tenant.ts';

interface SeedContext {
  readonly tenant: SimulatedTenant;
  readonly registry: Registry;
  readonly now: number;
  readonly notificationUrl: string;
  readonly observe: (event: GraphEvent) => void;
}

/** Makes or refreshes the tenant's own subscriptions; returns how many were made. */
export function seedSubscriptions(context: SeedContext, options: SeedOptions): number {
  const { tenant, registry, now, observe } = context;
  const tokenExpiresAt = now + (options.tokenMs ?? 3_600_000);
  let made = 0;
  for (const seeded of tenant.subscriptions) {
    const wanted = recordOf(seeded, context, tokenExpiresAt, options);
    const there = registry
      .allLive()
      .filter((other) => other.applicationId === wanted.applicationId && other.canonical === wanted.canonical);
    for (const one of there) refresh(one, wanted, context);
    if (there.length > 0) continue;
    registry.put(wanted);
    observe({ kind: 'created', at: now, subscription: wanted });
    made++;
  }
  return made;
}

/** A new token, and for one that was seeded a new end: neither is ever nearer than before. */
function refresh(one: SubscriptionRecord, wanted: SubscriptionRecord, { registry, now, observe }: SeedContext): void {
  const { pausedAt, nextLifecycleAt: _, ...rest } = one;
  const tokenExpiresAt = Math.max(one.tokenExpiresAt, wanted.tokenExpiresAt);
  const expiresAt = one.id === wanted.id ? Math.max(one.expiresAt, wanted.expiresAt) : one.expiresAt;
  if (tokenExpiresAt === one.tokenExpiresAt && expiresAt === one.expiresAt) return;
  const refreshed = { ...rest, tokenExpiresAt, expiresAt };
  registry.put(refreshed);
  if (pausedAt !== undefined) observe({ kind: 'resumed', at: now, subscription: one });
  if (expiresAt > one.expiresAt) observe({ kind: 'renewed', at: now, subscription: refreshed });
}

function recordOf(
  seeded: SeededSubscription,
  { tenant, now, notificationUrl }: SeedContext,
  tokenExpiresAt: number,
  options: SeedOptions,
): SubscriptionRecord {
  const chat = seeded.feed === 'chat';
  const parsed = parseResource(seeded.resource, undefined, (name) => name);
  if (isRefusal(parsed)) throw new Error(`the seeded subscription to ${seeded.resource} is not one that Graph takes`);
  const applicationId = chat ? tenant.chatClientId : tenant.eventsClientId;
  const longest = longestLife(parsed.target);
  return {
    id: seeded.id,
    applicationId,
    creatorId: chat ? tenant.serviceUserId : applicationId,
    ...(chat ? { userId: tenant.serviceUserId } : {}),
    apiVersion: 'v1.0',
    resource: seeded.resource,
    canonical: parsed.canonical,
    target: parsed.target,
    changeTypes: chat ? ['created', 'updated'] : ['updated'],
    notificationUrl: options.notificationUrl ?? notificationUrl,
    lifecycleNotificationUrl: options.notificationUrl ?? notificationUrl,
    clientState: seeded.clientState,
    includeResourceData: true,
    encryptionCertificate: tenant.certificate.der,
    encryptionCertificateId: tenant.certificate.id,
    latestSupportedTlsVersion: 'v1_2',
    createdAt: now,
    expiresAt: now + Math.min(options.lifeMs ?? longest, longest),
    tokenExpiresAt,
  };
}
