import type { HeldResource } from '#infra/driver/leaving.ts';

/**
 * Refuses a lock of the evidence while there is no evidence storage that it could be put on: Azure makes a policy unlocked only, and would refuse the
 * storage in the middle of a run ("Version-level immutability policies", learn.microsoft.com). The state of the stack says what there is.
 * @returns sentences like those of the settings, the key first; empty where nothing is wrong
 */
export function firstLockFaults(
  settings: Readonly<Record<string, string | undefined>>,
  resources: readonly HeldResource[],
): readonly string[] {
  if (settings['lockEvidence']?.trim() !== 'true') return [];
  const there = resources.some(
    ({ type, urn, id }) =>
      type === 'azure-native:storage:StorageAccount' && urn.endsWith('::evidence-storage') && id !== undefined,
  );
  return there
    ? []
    : [
        'lockEvidence is true, but there is no evidence storage yet, and Azure can lock only a policy that it has: run `tocsin tenant up` with lockEvidence=false first, then set it to true and run it again.',
      ];
}
