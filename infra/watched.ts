import * as pulumi from '@pulumi/pulumi';
import type { Backup } from '#infra/components/backup.ts';
import type { EventGridDelivery } from '#infra/components/event-grid.ts';
import type { Evidence } from '#infra/components/evidence.ts';
import type { Foundation } from '#infra/components/foundation.ts';
import type { Ingest } from '#infra/components/ingest.ts';
import type { Keys } from '#infra/components/keys.ts';
import type { Machine } from '#infra/components/machine.ts';
import type { Runtime } from '#infra/components/runtime.ts';
import type { WatchingArgs } from '#infra/components/watching.ts';
import type { Workflows } from '#infra/components/workflows.ts';

type Ids = Readonly<Record<string, pulumi.Output<string>>>;

const ifThere = (name: string, id: pulumi.Output<string> | undefined): Ids => (id === undefined ? {} : { [name]: id });

/** Everything of a stack that has logs and metrics, and what alarms look at. */
export function watchedOf(parts: {
  readonly foundation: Foundation;
  readonly ingest: Ingest;
  readonly keys: Keys;
  readonly evidence: Evidence;
  readonly workflows: Workflows;
  readonly runtime: Runtime;
  readonly backup: Backup;
  readonly machines: readonly Machine[];
  readonly delivery?: EventGridDelivery;
}): WatchingArgs {
  const { foundation, ingest, keys, evidence, workflows, runtime, backup } = parts;
  const blobs = (account: pulumi.Output<string>) => pulumi.interpolate`${account}/blobServices/default`;
  return {
    resourceGroupName: foundation.resourceGroupName,
    sources: {
      namespace: ingest.namespaceId,
      vault: keys.vaultId,
      'storage-ownership': blobs(ingest.ownershipAccountId),
      'storage-subject-keys': blobs(keys.subjectKeysAccountId),
      'storage-evidence': blobs(evidence.accountId),
      ...ifThere('graph-vault', ingest.large?.vaultId),
      ...ifThere('storage-large', ingest.large === undefined ? undefined : blobs(ingest.large.accountId)),
      ...ifThere(
        'storage-dead-letters',
        ingest.eventGrid === undefined ? undefined : blobs(ingest.eventGrid.deadLettersAccountId),
      ),
      ...ifThere('topic', parts.delivery?.topicId),
      ...ifThere('environment', foundation.environment?.id),
      ...ifThere('database', workflows.databaseId),
      ...ifThere('backup-vault', backup.vaultId),
    },
    alarmed: {
      namespace: { namespace: ingest.namespaceId },
      vault: { vault: keys.vaultId },
      app: {
        ...Object.fromEntries(Object.entries(runtime.apps).map(([role, { id }]) => [role, id])),
        ...ifThere('temporal', temporalApp(foundation, workflows)),
      },
      database: ifThere('database', workflows.databaseId),
      topic: ifThere('topic', parts.delivery?.topicId),
      machine: Object.fromEntries(parts.machines.map(({ id }, index) => [`machine-${index + 1}`, id])),
    },
  };
}

/** Resource id of the app that a self-hosted Temporal is: its address begins with the name of the app, and is known once that is there. */
function temporalApp({ resourceGroupId }: Foundation, { address, databaseId }: Workflows) {
  if (databaseId === undefined) return undefined;
  return pulumi.interpolate`${resourceGroupId}/providers/Microsoft.App/containerApps/${address.apply((text) => text.split(':')[0] ?? text)}`;
}
