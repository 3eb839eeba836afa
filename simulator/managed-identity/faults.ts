import type { FaultDescription, Faults } from '#simulator/faults.ts';

/** What can be broken on purpose, and how a process sees it. */
const descriptions = {
  throttled: 'refuses every request as too many (429)',
  unavailable: 'refuses every request as unavailable (500)',
  silent: 'takes every request and never answers',
  'identity-missing': 'knows no identity (400, as after somebody took it away from the app)',
} as const;

export type ManagedIdentityFaultName = keyof typeof descriptions;

/** Faults of the endpoint. A fault stays until it is stopped. */
export function createManagedIdentityFaults(): {
  readonly faults: Faults & { list(): readonly (FaultDescription & { readonly active: boolean })[] };
  readonly on: (name: ManagedIdentityFaultName) => boolean;
} {
  const active = new Set<ManagedIdentityFaultName>();
  const known = (name: string): ManagedIdentityFaultName => {
    if (Object.hasOwn(descriptions, name)) return name as ManagedIdentityFaultName;
    throw new RangeError(`there is no fault ${name}`);
  };
  return {
    faults: {
      list: () =>
        (Object.keys(descriptions) as ManagedIdentityFaultName[]).map((name) => ({
          ...{ name, description: descriptions[name], active: active.has(name) },
        })),
      start: async (name) => void active.add(known(name)),
      stop: async (name) => void active.delete(known(name)),
    },
    on: (name) => active.has(name),
  };
}
