import type { FaultDescription, Faults } from '#simulator/faults.ts';

/** What is done wrongly, to whom, and how. */
export interface Breakage {
  readonly operation: 'create' | 'update' | 'delete' | 'read';
  /** A part of the URN, such as the name of a resource; all of them without it. */
  readonly urn?: string;
  readonly how: 'refused' | 'throttled' | 'away' | 'done-and-silent' | 'half-done';
}

/** Breaks operations of the simulated Azure on purpose, in the ways that the real one has. */
export interface Breaker {
  readonly faults: Faults;
  /** Until the returned function is called. */
  start(breakage: Breakage): () => void;
  find(operation: Breakage['operation'], urn: string): Breakage['how'] | undefined;
}

/** Answers of Azure Resource Manager, as the provider hands them on. */
export const answers: Readonly<Record<Exclude<Breakage['how'], 'done-and-silent' | 'half-done'>, string>> = {
  refused:
    'Code="SkuNotAvailable" Message="The requested size is currently not available in this location. Please try another size or deploy to a different location."',
  throttled: 'Code="TooManyRequests" Message="The request was throttled. Retry after 17 seconds."',
  away: 'Code="ServiceUnavailable" Message="The service is temporarily unavailable."',
};

const named: Readonly<Record<string, Breakage & { readonly description: string }>> = {
  'creations-refused': { operation: 'create', how: 'refused', description: 'nothing new can be made in this region' },
  'creations-throttled': { operation: 'create', how: 'throttled', description: 'Azure answers 429 to every creation' },
  'creations-silent': {
    operation: 'create',
    how: 'done-and-silent',
    description: 'things are made, but the answer never comes',
  },
  'creations-half-done': {
    operation: 'create',
    how: 'half-done',
    description: 'things are made, and their set-up ends with an error',
  },
  'reads-away': { operation: 'read', how: 'away', description: 'Azure answers 503 to every look' },
  'deletions-refused': { operation: 'delete', how: 'refused', description: 'nothing can be deleted' },
};

export function createBreaker(): Breaker {
  const active = new Set<Breakage>();
  const byName = new Map<string, () => void>();
  const begin = (breakage: Breakage) => {
    const one = { ...breakage };
    active.add(one);
    return () => void active.delete(one);
  };
  const lookUp = (name: string) => {
    const found = named[name];
    if (found === undefined) throw new Error(`there is no fault ${name}`);
    return found;
  };
  return {
    faults: {
      list: () => Object.entries(named).map(([name, { description }]): FaultDescription => ({ name, description })),
      start(name) {
        byName.get(name)?.();
        byName.set(name, begin(lookUp(name)));
      },
      stop(name) {
        lookUp(name);
        byName.get(name)?.();
        byName.delete(name);
      },
    },
    start: begin,
    find: (operation, urn) =>
      [...active].find((one) => one.operation === operation && (one.urn === undefined || urn.includes(one.urn)))?.how,
  };
}
