import type { Erasing } from '#web/erasing.ts';
import type { Quarantine } from '#web/quarantine.ts';

/** Nothing lies in quarantine, and nobody is known. */
export const emptyQuarantine: Quarantine = {
  list: async () => ({ items: [] }),
  publish: async () => ({ ok: false, reason: 'not-found' }),
};

export const knowsNobody: Erasing = {
  preview: async () => ({
    ...{ ok: true, objectIds: 0, upns: 0, numbers: 0, emergencies: 0, notices: 0, sharedNumbers: 0 },
    extent: 'nothing',
  }),
  erase: async () => ({ ok: true, keys: 0, left: 0 }),
};
