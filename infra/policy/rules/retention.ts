import { at, type Rule } from '../rule.ts';

/** Bounds of what is kept, both inclusive. */
const bounds = {
  hubHours: [24, 90 * 24],
  workspaceDays: [30, 730],
  evidenceDays: [30, 3653],
  vaultDays: [90, 90],
  databaseBackupDays: [7, 35],
} as const;

/** Nothing is forgotten too soon, and nothing personal is kept for ever by mistake. */
export const retention: Rule = {
  name: 'retention',
  description: 'Retention of hub, logs, evidence, vault and backups is within bounds.',
  check({ type, props }) {
    switch (type) {
      case 'azure-native:eventhub:EventHub':
        return within(
          'retentionTimeInHours',
          at(props, 'retentionDescription', 'retentionTimeInHours'),
          bounds.hubHours,
        );
      case 'azure-native:operationalinsights:Workspace':
        return within('retentionInDays', props['retentionInDays'], bounds.workspaceDays);
      case 'azure-native:storage:StorageAccount': {
        const policy = at(props, 'immutableStorageWithVersioning', 'immutabilityPolicy');
        const days = 'immutabilityPeriodSinceCreationInDays';
        return policy === undefined ? [] : within(days, at(policy, days), bounds.evidenceDays);
      }
      case 'azure-native:keyvault:Vault':
        return within(
          'softDeleteRetentionInDays',
          at(props, 'properties', 'softDeleteRetentionInDays'),
          bounds.vaultDays,
        );
      case 'azure-native:dbforpostgresql:Server':
        return within('backupRetentionDays', at(props, 'backup', 'backupRetentionDays'), bounds.databaseBackupDays);
      default:
        return [];
    }
  },
};

function within(name: string, value: unknown, [least, most]: readonly [number, number]): readonly string[] {
  return typeof value === 'number' && value >= least && value <= most
    ? []
    : [`${name} must be ${least === most ? least : `from ${least} to ${most}`}.`];
}
