import type { RunContext } from '#cli/roles/context.ts';
import { policiesOf } from '#cli/roles/policies.ts';
import type { HealthRow } from '#web/health-report.ts';

/** The emergency calling policies that have to be covered, as the settings and the imported list say now. */
export interface PolicyWatch {
  names(): readonly string[];
  /** Aborted when the names are others than now. */
  changed(): AbortSignal;
  /** What is wrong with the list; the one that was read last holds meanwhile. */
  trouble(): HealthRow | undefined;
  /** Reads the list again and again until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

type Look = { readonly ok: true; readonly names: readonly string[] } | { readonly ok: false; readonly problem: string };

/** A file of some kilobytes: it is compared by what is in it, whatever a file system says of its time. What is new counts when it is there twice. */
const lookMs = 15_000;

/**
 * @param onChange told of the names before {@link PolicyWatch.changed} is aborted
 * @throws CommandError where the list cannot be read at the start: then there is none that holds
 */
export function watchPolicies(
  { settings, clock, log }: Pick<RunContext, 'settings' | 'clock' | 'log'>,
  onChange: (names: readonly string[]) => void,
): PolicyWatch {
  let names = policiesOf(settings);
  let problem: string | undefined;
  let change = new AbortController();
  let seen: string | undefined;

  function read(): Look {
    try {
      return { ok: true, names: policiesOf(settings) };
    } catch (error) {
      return { ok: false, problem: error instanceof Error ? error.message : 'TOCSIN_POLICY_LIST cannot be read' };
    }
  }

  function look(): void {
    const now = read();
    const before = seen;
    seen = JSON.stringify(now);
    // Half of a file that is being written may read like a list, of which subscriptions would be ended.
    if (seen !== before) return;
    if (!now.ok) {
      if (now.problem !== problem)
        log.error(
          { problem: now.problem, next: remedy },
          'the list of policies cannot be read: the one of before holds',
        );
      problem = now.problem;
      return;
    }
    if (problem !== undefined) log.info({ policies: now.names.length }, 'the list of policies can be read again');
    problem = undefined;
    const added = now.names.filter((name) => !names.includes(name));
    const removed = names.filter((name) => !now.names.includes(name));
    if (added.length + removed.length === 0) return;
    log.info({ added, removed }, 'the list of policies changed, and what is subscribed with it');
    names = now.names;
    onChange(names);
    change.abort();
    change = new AbortController();
  }

  return {
    names: () => names,
    changed: () => change.signal,
    trouble: () =>
      problem === undefined
        ? undefined
        : {
            ...{ kind: 'feed', name: 'policies', state: 'trouble' },
            word: `${problem}; the ${names.length} of before are watched`,
            next: remedy,
          },
    async run(signal) {
      if (settings.policyList === undefined) return;
      while (!signal.aborted) {
        await clock.sleep(lookMs, signal);
        if (!signal.aborted) look();
      }
    },
  };
}

const remedy =
  'Export it again: Get-CsTeamsEmergencyCallingPolicy | ConvertTo-Json, into the file that TOCSIN_POLICY_LIST names, readable by Tocsin. It is read again by itself.';
