import type { StackSettings } from '#infra/settings/stack-settings.ts';

/** What one app of Container Apps gets. */
export interface AppSize {
  readonly cpu: number;
  readonly memoryGi: number;
  /** Copies that run at least and at most. */
  readonly least: number;
  readonly most: number;
}

/**
 * The apps of a stack by their name in the program. Ingest follows the unread messages of the hub and never gets more copies than there are partitions; the
 * desk follows its visitors. Triage, resolve, worker and Temporal are one copy each: Container Apps starts another when that one dies.
 */
export function appSizes(
  settings: StackSettings,
): Readonly<Record<'ingest' | 'triage' | 'resolve' | 'desk' | 'worker' | 'temporal', AppSize>> {
  const { size, ingestMost, partitions, deskMost } = settings;
  const role = { cpu: 0.5, memoryGi: 1 };
  const one = { ...role, least: 1, most: 1 };
  return {
    ingest: { ...role, least: size === 'small' ? 1 : Math.min(2, ingestMost), most: Math.min(ingestMost, partitions) },
    triage: one,
    resolve: one,
    desk: { ...role, least: 1, most: deskMost },
    worker: one,
    temporal: { cpu: 1, memoryGi: 2, least: 1, most: 1 },
  };
}
