import * as storage from '@pulumi/azure-native/storage/index.js';
import * as pulumi from '@pulumi/pulumi';
import { type Built, createComponent, kept, type StackContext } from '#infra/components/component.ts';
import type { Foundation } from '#infra/components/foundation.ts';
import { lockInProduction } from '#infra/components/lock.ts';
import { createContainer, storageAccountArgs } from '#infra/components/storage.ts';
import { innerNames } from '#infra/names.ts';

/** Where checkpoints and exports are kept. */
export interface Evidence {
  readonly accountId: pulumi.Output<string>;
  /** `https://<account>.blob.core.windows.net`. */
  readonly url: pulumi.Output<string>;
  readonly checkpointsContainerId: pulumi.Output<string>;
}

/** What people are told when the lock is asked for; there is no way back from it. */
const lockWarning = (days: number): string =>
  `lockEvidence is true: what is written to the evidence storage cannot be changed or deleted for ${days} days by anybody, and these days can never be made fewer. The account cannot be deleted while it holds anything.`;

/**
 * Storage where every version of a blob is kept unchanged for a number of days. Unlocked, an administrator can still change that number; locked,
 * nobody can make it smaller ("Version-level immutability policies", learn.microsoft.com). A policy can only be made unlocked: a first run with the
 * lock is refused by Azure, and before that by `tocsin tenant up` (`infra/driver/first-lock.ts`).
 */
export function createEvidence(context: StackContext, foundation: Foundation): Built<Evidence> {
  const { settings, names } = context;
  return createComponent('Evidence', (parent) => {
    if (settings.lockEvidence) void pulumi.log.warn(lockWarning(settings.evidenceDays), parent);
    const { resourceGroupName } = foundation;
    const account = new storage.StorageAccount(
      'evidence-storage',
      {
        ...storageAccountArgs(context, 'Evidence', names.evidenceStorage, foundation),
        immutableStorageWithVersioning: {
          enabled: true,
          immutabilityPolicy: {
            state: settings.lockEvidence ? 'Locked' : 'Unlocked',
            immutabilityPeriodSinceCreationInDays: settings.evidenceDays,
            allowProtectedAppendWrites: false,
          },
        },
      },
      kept(context, parent),
    );
    new storage.BlobServiceProperties(
      'evidence-blobs',
      {
        resourceGroupName,
        accountName: account.name,
        blobServicesName: 'default',
        isVersioningEnabled: true,
        deleteRetentionPolicy: { enabled: true, days: 30 },
        containerDeleteRetentionPolicy: { enabled: true, days: 30 },
      },
      { parent },
    );
    const container = (name: string) =>
      createContainer(parent, {
        name: `evidence-${name}`,
        resourceGroupName,
        account,
        container: name,
        options: kept(context, parent),
      });
    const checkpoints = container(innerNames.checkpointsContainer);
    // For the signed exports of a later version: nobody has a role on it before something writes there.
    container(innerNames.exportsContainer);
    lockInProduction(context, parent, {
      name: 'evidence',
      scope: account.id,
      notes: 'Evidence of what happened: checkpoints of the record, and exports.',
    });
    return {
      accountId: account.id,
      url: pulumi.interpolate`https://${account.name}.blob.core.windows.net`,
      checkpointsContainerId: checkpoints.id,
    };
  });
}
