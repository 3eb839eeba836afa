import type { Clock } from '#ports/clock.ts';

/** What can be made to go wrong, and how a client meets it. */
export const faultDescriptions = {
  silent:
    'takes calls and carries them out, but answers nothing and lets subscriptions say nothing; still answers pings',
  'mute-subscriptions': 'answers calls, but lets subscriptions say nothing',
  'ends-cleanly': 'ends every call without an answer and without an error',
  'half-open': 'keeps connections open but neither reads nor writes, not even pings; new connections get no answer',
  dies: 'drops all connections and refuses new ones',
  slow: 'answers every call late',
  'not-ready': 'refuses every call as a server does in its first second',
} as const;

/** Name of a fault. */
export type FaultName = keyof typeof faultDescriptions;

/** A fault, and whether it is on. */
interface FaultStatus {
  readonly name: FaultName;
  readonly description: string;
  readonly active: boolean;
}

/** Faults of one simulated server, by name. Starting one twice or stopping one that is not on changes nothing. */
export interface Faults {
  /** @param options `delayMs`: by how much `slow` delays every answer (default 250) */
  start(name: FaultName, options?: { readonly delayMs?: number }): Promise<void>;
  stop(name: FaultName): Promise<void>;
  list(): readonly FaultStatus[];
}

/** What the server asks before it says anything. */
export interface FaultState {
  active(name: FaultName): boolean;
  /** Resolves when an answer may be given, at once as a rule; also when `signal` is aborted. */
  mayAnswer(signal: AbortSignal): Promise<void>;
  /** The same for what a subscription says. */
  mayTell(signal: AbortSignal): Promise<void>;
  /** True while {@link FaultState.mayAnswer} would not wait. */
  undisturbed(): boolean;
}

/** @param onChange is told after a fault began or ended, to do to connections what it must */
export function createFaults(
  clock: Clock,
  onChange: (name: FaultName, active: boolean) => Promise<void>,
): Faults & { readonly state: FaultState } {
  const active = new Set<FaultName>();
  const waiting = new Set<() => void>();
  let delayMs = 250;
  const muted = () => active.has('silent') || active.has('half-open');

  const whenNot = (disturbed: () => boolean, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        if (disturbed() && !signal.aborted) return;
        waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener('abort', wake);
      wake();
    });

  return {
    async start(name, options = {}) {
      if (options.delayMs !== undefined) delayMs = options.delayMs;
      if (active.has(name)) return;
      active.add(name);
      await onChange(name, true);
    },
    async stop(name) {
      if (!active.delete(name)) return;
      await onChange(name, false);
      for (const wake of [...waiting]) wake();
    },
    list: () =>
      Object.entries(faultDescriptions).map(([name, description]) => ({
        name: name as FaultName,
        description,
        active: active.has(name as FaultName),
      })),
    state: {
      active: (name) => active.has(name),
      undisturbed: () => !muted() && !active.has('slow'),
      async mayAnswer(signal) {
        if (active.has('slow')) await clock.sleep(delayMs, signal);
        if (muted()) await whenNot(muted, signal);
      },
      async mayTell(signal) {
        if (active.has('mute-subscriptions')) await whenNot(() => active.has('mute-subscriptions'), signal);
      },
    },
  };
}
