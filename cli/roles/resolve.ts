import { readdir } from 'node:fs/promises';
import { encryptResource } from '#adapters/crypto/encrypt-resource.ts';
import { createEventHubsPublisher } from '#adapters/event-hubs/event-publisher.ts';
import { bounded } from '#cli/roles/bounded.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { connectionOf } from '#cli/roles/hub-source.ts';
import { keyFolders } from '#cli/roles/ingest.ts';
import { createOwnCertificate, type OwnCertificate } from '#cli/roles/own-certificate.ts';
import { agentOf } from '#cli/roles/reaching.ts';
import { resolveRow } from '#cli/roles/resolve-row.ts';
import { runAnew } from '#cli/roles/run-anew.ts';
import type { Shared } from '#cli/roles/shared.ts';
import type { RunningSimulator } from '#cli/roles/simulator-thread.ts';
import type { TenantAccess } from '#cli/roles/tenant-access.ts';
import type { EventHubsSetting } from '#config/parsers.ts';
import { eventMetadata } from '#domain/metadata.ts';
import type { EncryptedContent } from '#domain/notices/item.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { LargePayloads } from '#ports/large-payloads.ts';
import { recoveryProof } from '#processor/recovery-proof.ts';
import { createResolve, type ResolveDeps } from '#processor/resolve/resolve.ts';
import type { HealthRow } from '#web/health-report.ts';

export interface RunningResolve {
  readonly row: () => HealthRow;
  readonly ended: Promise<void>;
}

/** Starts the role `resolve`: what a notice only referred to is fetched and published to the hub as ours. */
export async function startResolve(
  context: RunContext,
  shared: Shared,
  hub: EventHubsSetting,
  simulator: RunningSimulator | undefined,
  access: TenantAccess | undefined,
  signal: AbortSignal,
): Promise<RunningResolve> {
  const { settings, clock, ids, log } = context;
  const by = context.recordedBy('resolve');
  const own = createOwnCertificate(shared.secrets, clock);
  const publisher = createEventHubsPublisher({
    connection: await connectionOf(hub, settings),
    hub: settings.eventHub,
    transport: settings.eventHubsTransport,
    clock,
  });
  const deps: ResolveDeps = {
    log: shared.eventLog,
    clock,
    ids,
    instanceId: context.instanceId,
    metadata: (causationId, correlationId) => eventMetadata(by, clock.now(), correlationId, causationId),
    payloads: await payloadsOf(context),
    publisher,
    quarantine: shared.sealer,
    unverifiedAfterMs: settings.unverifiedAfter * 1000,
    ...(access === undefined || settings.chatClientId === undefined || settings.tenant === undefined
      ? {}
      : { graph: access.graph('chat'), sealer: shared.sealer, tenantId: settings.tenant }),
    encrypt: encryptsForOurselves(context, simulator, own),
    clientState: (event) => recoveryProof(shared.keyStore, event.id),
    observe: (outcome, event) => {
      if (outcome.kind === 'given-up')
        log.error({ event: event.id, detail: outcome.detail }, 'what a notice referred to is not to be had');
    },
  };
  let resolve = createResolve(deps);
  const running = runAnew(context, 'resolve', signal, () => {
    resolve = createResolve(deps);
    return resolve.run(signal);
  });
  const ended = running.then(() => bounded(publisher.close(), 2000));
  return { row: () => resolveRow(resolve.health()), ended };
}

async function payloadsOf({ settings, clock }: RunContext): Promise<LargePayloads> {
  if (settings.largePayloads !== undefined) {
    const { createBlobLargePayloads } = await import('#adapters/azure-blob/large-payloads.ts');
    const agent = await agentOf(settings);
    return createBlobLargePayloads({
      ...{ account: { kind: 'connection-string', value: settings.largePayloads }, clock },
      ...(agent === undefined ? {} : { agent }),
    });
  }
  return { fetch: async () => ({ ok: false, reason: 'unavailable', detail: 'TOCSIN_LARGE_PAYLOADS is not set' }) };
}

/** Encrypts for the first key that this process was given, else for one of our own. While the key store is away the content waits. */
function encryptsForOurselves(
  context: RunContext,
  simulator: RunningSimulator | undefined,
  own: () => Promise<OwnCertificate>,
): (resource: JsonObject) => Promise<EncryptedContent> {
  const { notificationKeys } = context.settings;
  return async (resource) => {
    if (notificationKeys !== undefined) {
      const [folder] = await keyFolders(context, undefined);
      for (const name of (await readdir(notificationKeys)).filter((file) => file.endsWith('.pem')).sort()) {
        const id = name.slice(0, -'.pem'.length);
        const key = await folder?.find(id);
        if (key !== undefined) return encryptResource(resource, id, key);
      }
    }
    if (simulator !== undefined)
      return encryptResource(resource, simulator.tenant.certificate.id, simulator.tenant.certificate.publicKey);
    const { id, publicKey } = await own();
    return encryptResource(resource, id, publicKey);
  };
}
