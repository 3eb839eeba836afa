import type { RunContext } from '#cli/roles/context.ts';
import type { Shared } from '#cli/roles/shared.ts';
import { erasePerson } from '#processor/erasure/erase.ts';
import { type FoundPerson, findPerson } from '#processor/erasure/find.ts';
import type { ReadModels } from '#projections/read-models.ts';
import type { Erasing } from '#web/erasing.ts';

/** Finds what is about a person by the audit trail, and destroys the keys. */
export function createErasing(
  context: RunContext,
  shared: Shared,
  readModels: Pick<ReadModels, 'audit' | 'states'>,
): Erasing {
  const { clock, ids, settings } = context;
  const { eventLog: log, sealer, keyStore } = shared;
  const find = (key: string) =>
    findPerson(
      {
        naming: (callerToken) =>
          readModels.audit.page({ callerToken, order: 'oldest', limit: Number.MAX_SAFE_INTEGER }),
        story: readModels.audit.story,
        ...{ sealer, keyStore },
        tenants: settings.tenant === undefined ? [] : [settings.tenant],
      },
      key,
    );
  /** Stands for all of it, and nobody can tell of what. */
  const extentOf = ({ subjects }: FoundPerson) => keyStore.token([`erasure|${subjects.join('|')}`])[0] ?? '';
  const isBehind = () => readModels.states().some(({ name, caughtUp }) => name === 'audit' && !caughtUp);
  const detail = 'The record is still being read: calls of that person could be missing.';
  const behind = { ok: false, reason: 'not-ready', detail } as const;

  return {
    async preview(key) {
      if (isBehind()) return behind;
      const found = await find(key);
      return found.ok
        ? { ok: true, ...found.extent, sharedNumbers: found.sharedNumbers, extent: extentOf(found) }
        : found;
    },
    async erase(key, extent, act) {
      if (isBehind()) return behind;
      const found = await find(key);
      if (!found.ok) return found;
      if (extentOf(found) !== extent)
        return {
          ok: false,
          reason: 'refused',
          detail: 'What would be erased is not what was shown any more: look again.',
        };
      return erasePerson(
        { log, sealer, keyStore, clock, ids, recordedBy: context.recordedBy('desk') },
        key,
        found,
        act,
      );
    },
  };
}
