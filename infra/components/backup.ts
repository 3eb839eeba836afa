import * as dataprotection from '@pulumi/azure-native/dataprotection/index.js';
import type * as pulumi from '@pulumi/pulumi';
import { type Built, createComponent, kept, type StackContext, tagsOf } from '#infra/components/component.ts';
import type { Foundation } from '#infra/components/foundation.ts';
import type { Machine } from '#infra/components/machine.ts';
import { assign } from '#infra/components/permissions.ts';
import { disksOf, permissionsOf } from '#infra/roles-and-permissions.ts';

/** Copies of the disks that hold a log. */
export interface Backup {
  readonly vaultId?: pulumi.Output<string>;
}

const disks = 'Microsoft.Compute/disks';

/**
 * A copy of every disk of a log each four hours, kept fourteen days. EventStoreDB can be restored from a copy of its whole volume ("Backup and restore",
 * developers.eventstore.com), and so can SQLite. Where the log is elsewhere, its backup is too.
 */
export function createBackup(
  context: StackContext,
  given: { readonly foundation: Foundation; readonly machines: readonly Machine[] },
): Built<Backup> {
  const { settings, names } = context;
  return createComponent('Backup', (parent): Backup => {
    if (given.machines.length === 0) return {};
    const { resourceGroupName, resourceGroupId } = given.foundation;
    const tags = tagsOf(context, 'Backup');
    const vault = new dataprotection.BackupVault(
      'backup-vault',
      {
        resourceGroupName,
        location: settings.region,
        tags,
        vaultName: names.backupVault.value,
        identity: { type: 'SystemAssigned' },
        properties: {
          storageSettings: [{ datastoreType: 'VaultStore', type: 'ZoneRedundant' }],
          securitySettings: {
            softDeleteSettings: { state: 'On', retentionDurationInDays: 14 },
            immutabilitySettings: { state: 'Unlocked' },
          },
          monitoringSettings: { azureMonitorAlertSettings: { alertsForAllJobFailures: 'Enabled' } },
        },
      },
      kept(context, parent),
    );
    const policy = new dataprotection.BackupPolicy(
      'backup-policy',
      {
        resourceGroupName,
        vaultName: vault.name,
        backupPolicyName: 'each-four-hours',
        properties: {
          objectType: 'BackupPolicy',
          datasourceTypes: [disks],
          policyRules: [
            {
              objectType: 'AzureBackupRule',
              name: 'BackupHourly',
              backupParameters: { objectType: 'AzureBackupParams', backupType: 'Incremental' },
              dataStore: { objectType: 'DataStoreInfoBase', dataStoreType: 'OperationalStore' },
              trigger: {
                objectType: 'ScheduleBasedTriggerContext',
                schedule: { repeatingTimeIntervals: ['R/2026-01-01T02:00:00+00:00/PT4H'], timeZone: 'UTC' },
                taggingCriteria: [{ isDefault: true, taggingPriority: 99, tagInfo: { tagName: 'Default' } }],
              },
            },
            {
              objectType: 'AzureRetentionRule',
              name: 'Default',
              isDefault: true,
              lifecycles: [
                {
                  deleteAfter: { objectType: 'AbsoluteDeleteOption', duration: 'P14D' },
                  sourceDataStore: { objectType: 'DataStoreInfoBase', dataStoreType: 'OperationalStore' },
                },
              ],
            },
          ],
        },
      },
      { parent },
    );
    const keys = disksOf(settings);
    const assigned = assign(
      context,
      parent,
      permissionsOf(settings).filter(({ principal }) => principal === 'backup'),
      {
        principals: { backup: vault.identity.apply((identity) => identity?.principalId ?? '') },
        scopes: {
          'resource-group': resourceGroupId,
          ...Object.fromEntries(keys.map((key, index) => [key, given.machines[index]?.diskId ?? ''])),
        },
      },
    );
    for (const [index, machine] of given.machines.entries())
      new dataprotection.BackupInstance(
        `backup-disk-${index + 1}`,
        {
          resourceGroupName,
          vaultName: vault.name,
          backupInstanceName: `disk-${index + 1}`,
          tags,
          properties: {
            objectType: 'BackupInstance',
            friendlyName: `disk-${index + 1}`,
            dataSourceInfo: {
              objectType: 'Datasource',
              datasourceType: disks,
              resourceType: disks,
              resourceID: machine.diskId,
              resourceUri: machine.diskId,
              resourceName: machine.diskId.apply((id) => id.split('/').at(-1) ?? id),
              resourceLocation: settings.region,
            },
            policyInfo: {
              policyId: policy.id,
              policyParameters: {
                dataStoreParametersList: [
                  {
                    objectType: 'AzureOperationalStoreParameters',
                    dataStoreType: 'OperationalStore',
                    resourceGroupId,
                  },
                ],
              },
            },
          },
        },
        { parent, dependsOn: [...assigned] },
      );
    return { vaultId: vault.id };
  });
}
