import type { ReadModelState } from '#projections/read-model.ts';
import type { HealthRow } from '#web/health-report.ts';

/** Rows of the read models. Pure. @param now milliseconds since 1970 UTC */
export function projectionRows(
  states: readonly ({ readonly name: string } & ReadModelState)[],
  now: number,
): readonly HealthRow[] {
  return states.map((state) => {
    const { state: light, word, next } = standingOf(state);
    return {
      kind: 'projection',
      name: state.name,
      state: light,
      word: state.rebuilding === undefined ? word : `being rebuilt, ${state.rebuilding.events} events so far`,
      ...(state.appliedAt === undefined ? {} : { lastProofAt: new Date(Math.min(state.appliedAt, now)).toISOString() }),
      figures: { position: state.position ?? 'start' },
      ...(next === undefined ? {} : { next }),
    };
  });
}

function standingOf({ connection, caughtUp, failed }: ReadModelState): Pick<HealthRow, 'state' | 'word' | 'next'> {
  if (failed !== undefined)
    return {
      ...{ state: 'trouble', word: 'what it reads cannot be kept' },
      next: 'See the log of the role desk, and whether the disk of its state folder is full. It is tried again by itself.',
    };
  if (connection === 'down')
    return {
      ...{ state: 'trouble', word: 'the event log does not answer' },
      next: 'See whether the event log runs: `tocsin doctor`.',
    };
  if (!caughtUp) return { state: 'warning', word: 'catching up' };
  return connection === 'live'
    ? { state: 'ok', word: 'up to date' }
    : { state: 'warning', word: 'waiting for the event log' };
}
