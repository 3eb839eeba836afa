import type { FaultDescription, Faults } from '#simulator/faults.ts';

/** What can be broken on purpose, and how a client sees it. */
const descriptions = {
  throttled: 'refuses every request as too many (429 with Retry-After)',
  unavailable: 'refuses every request as unavailable (503)',
  unreachable: 'closes its listener: connections are refused',
  slow: 'holds every answer for seconds',
  silent: 'takes every request and never answers',
  'lost-answer': 'does what it is asked and drops the connection instead of answering',
  forbidden: 'refuses every caller: no role (403 ForbiddenByRbac)',
} as const;

export type KeyVaultFaultName = keyof typeof descriptions;

/** Faults of the simulated vault. A fault stays until it is stopped. */
export interface KeyVaultFaults extends Faults {
  list(): readonly (FaultDescription & { readonly active: boolean })[];
  start(name: string): Promise<void>;
  stop(name: string): Promise<void>;
}

/** @param onChange called after a fault began or ended */
export function createKeyVaultFaults(onChange: (name: KeyVaultFaultName, active: boolean) => Promise<void>): {
  readonly faults: KeyVaultFaults;
  readonly on: (name: KeyVaultFaultName) => boolean;
} {
  const active = new Set<KeyVaultFaultName>();
  const known = (name: string): KeyVaultFaultName => {
    if (Object.hasOwn(descriptions, name)) return name as KeyVaultFaultName;
    throw new RangeError(`there is no fault ${name}`);
  };
  return {
    faults: {
      list: () =>
        (Object.keys(descriptions) as KeyVaultFaultName[]).map((name) => ({
          name,
          description: descriptions[name],
          active: active.has(name),
        })),
      start: async (text) => {
        const name = known(text);
        active.add(name);
        await onChange(name, true);
      },
      stop: async (text) => {
        const name = known(text);
        if (active.delete(name)) await onChange(name, false);
      },
    },
    on: (name) => active.has(name),
  };
}
