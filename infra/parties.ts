import type { StackContext } from '#infra/components/component.ts';
import type { Evidence } from '#infra/components/evidence.ts';
import type { Foundation } from '#infra/components/foundation.ts';
import type { Identity } from '#infra/components/identity.ts';
import type { Ingest } from '#infra/components/ingest.ts';
import type { Keys } from '#infra/components/keys.ts';
import type { Parties } from '#infra/components/permissions.ts';

/** Who the principals and scopes of {@link file://./roles-and-permissions.ts} are in this stack. */
export function partiesOf(
  { settings }: StackContext,
  parts: {
    readonly foundation: Foundation;
    readonly identity: Identity;
    readonly ingest: Ingest;
    readonly keys: Keys;
    readonly evidence: Evidence;
  },
): Parties {
  const { foundation, identity, ingest, keys, evidence } = parts;
  return {
    principals: {
      'change-tracking': identity.changeTrackingId,
      ...Object.fromEntries(Object.entries(identity.managed).map(([holder, one]) => [holder, one.principalId])),
    },
    scopes: {
      hub: ingest.hubId,
      ownership: ingest.ownershipContainerId,
      'master-key': keys.masterKeyId,
      'subject-keys': keys.subjectKeysContainerId,
      ...(keys.signIns === undefined
        ? {}
        : { 'sign-in-key': keys.signIns.keyId, 'sign-ins': keys.signIns.containerId }),
      checkpoints: evidence.checkpointsContainerId,
      'resource-group': foundation.resourceGroupId,
      ...(ingest.large === undefined ? {} : { 'graph-secret': ingest.large.secretId }),
      ...(ingest.eventGrid === undefined ? {} : { 'dead-letters': ingest.eventGrid.deadLettersContainerId }),
      ...(settings.registry === undefined ? {} : { registry: settings.registry }),
      ...Object.fromEntries(Object.entries(keys.secretIds).map(([name, id]) => [`secret-${name}`, id])),
    },
  };
}
