import type { ReadModelState } from '#projections/read-model.ts';

/** Whether what is stored reaches a board, and if not, why. */
export type Reached = 'yes' | 'cut-off' | 'catching-up' | 'not-kept' | 'not-judged' | 'disk-takes-nothing';

/** @param board how the read model of the emergencies is doing */
export function reachedBoard(board: Pick<ReadModelState, 'connection' | 'caughtUp' | 'failed'> | undefined): Reached {
  if (board?.failed !== undefined) return 'not-kept';
  if (board?.connection === 'down') return 'cut-off';
  if (board?.caughtUp !== true) return 'catching-up';
  // A connection that has to be made anew may not be answered for as long as nobody refuses it.
  return board.connection === 'live' ? 'yes' : 'cut-off';
}
