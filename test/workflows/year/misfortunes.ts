import type { FakeSubscription } from '#test/workflows/fakes.ts';
import type { DyingWorker } from '#test/workflows/year/dying-worker.ts';
import type { Listener } from '#test/workflows/year/listener.ts';
import { againMs } from '#test/workflows/year/quiet.ts';
import type { Teams } from '#test/workflows/year/teams.ts';
import type { Timeline } from '#test/workflows/year/timeline.ts';
import type { Fault, FaultKind } from '#test/workflows/year/weather.ts';

export interface MisfortuneDeps {
  readonly timeline: Timeline;
  readonly random: () => number;
  readonly faults: readonly Fault[];
  readonly teams: Teams;
  readonly listener: Listener;
  readonly worker: Pick<DyingWorker, 'kill'>;
  readonly graph: {
    live(): readonly FakeSubscription[];
    remove(id: string): void;
    /** Live ones that no list names. */
    readonly unlisted: Set<string>;
  };
  readonly passwordChanged: (fault: Fault) => void;
  /** From one reconciliation to the next: milliseconds. */
  readonly reconcileMs: number;
}

const minute = 60_000;

/** Puts the faults on the agenda of the year, with somebody who calls in the middle of some. */
export function planMisfortunes(deps: MisfortuneDeps): void {
  const { timeline, random, faults, teams, listener, graph, reconcileMs } = deps;

  /** The first round of reconciliation after a moment that nothing hinders. */
  function reconciledAfter(at: number): number {
    const hinders = (round: number) =>
      faults.some(
        ({ kind, from, until }) =>
          !['ingest-killed', 'graph-removes-one', 'graph-unlists-one', 'graph-misses-some'].includes(kind) &&
          from <= round + 10 * minute &&
          until >= round - 10 * minute &&
          // Nobody knows yet when the person signs in who ends it; then it is looked at once.
          Number.isFinite(until),
      );
    let round = (Math.floor(at / reconcileMs) + 1) * reconcileMs;
    while (hinders(round)) round += reconcileMs;
    return round + minute;
  }

  const anyone = () => {
    const live = graph.live();
    return live[Math.floor(random() * live.length)];
  };

  function unlistOne(fault: Fault): void {
    const victim = anyone();
    if (victim === undefined) return;
    graph.unlisted.add(victim.id);
    timeline.at(fault.until, () => void graph.unlisted.delete(victim.id));
  }

  function removeOne(fault: Fault): void {
    const victim = anyone();
    if (victim === undefined) return;
    graph.remove(victim.id);
    teams.removed(victim);
    teams.callUnheard();
    // Of emergency events nobody says so: the next reconciliation finds it, or Graph's refusal of the next touch.
    fault.until = reconciledAfter(timeline.now());
  }

  function killListener({ from, until }: Fault): void {
    if (random() < 0.5) listener.kill();
    else listener.killAtNextNotice(random);
    teams.call();
    timeline.at(from + Math.min(minute, (until - from) / 2), () => listener.kill());
    timeline.at(until, () => {
      if (!listener.isAlive()) listener.start();
    });
  }

  const begins: { readonly [Kind in FaultKind]?: (fault: Fault) => void } = {
    'worker-killed': () => deps.worker.kill(),
    'password-changed': deps.passwordChanged,
    'graph-misses-some': () => teams.missed(),
    'graph-removes-one': removeOne,
    'graph-unlists-one': unlistOne,
    'ingest-killed': killListener,
  };
  const somebodyCalls = ({ from, until }: Fault) => {
    if (random() < 0.5) timeline.at(from + (until - from) * random(), teams.call);
  };

  for (const fault of faults) {
    timeline.at(fault.from, () => (begins[fault.kind] ?? somebodyCalls)(fault));
    for (const after of [0, 1_000, againMs + 1_000]) timeline.at(fault.until + after, () => undefined);
  }
}
