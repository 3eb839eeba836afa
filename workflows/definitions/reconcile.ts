import { setHandler } from '@temporalio/workflow';
import { descriptions, type Feed, type ReconcileReport, reconcileReport } from '#workflows/contract.ts';
import { activity } from '#workflows/definitions/activities.ts';
import { createBoard } from '#workflows/definitions/board.ts';

export interface ReconcileInput {
  readonly feeds: readonly Feed[];
}

/**
 * One round, started by a schedule: subscriptions at Graph that are ours and that nobody knows are deleted, entities whose subscription Graph does not list are told to
 * look, and what no subscription covers is an alarm in the list.
 */
export async function reconcile({ feeds }: ReconcileInput): Promise<ReconcileReport> {
  const began = Date.now();
  const board = createBoard('reconcile', 'Reconciliation');
  let report: ReconcileReport = { removed: [], told: [], uncovered: [], failed: [] };
  setHandler(reconcileReport, () => report, descriptions.reconcileReport);
  const show = (over: boolean) => {
    const bad = report.uncovered.length > 0;
    board.show({
      ...{ state: bad ? 'gone' : report.failed.length > 0 ? 'graph-away' : over ? 'ok' : 'renewing', since: began },
      what: [
        `${report.removed.length} orphans removed, ${report.told.length} told to look.`,
        ...report.uncovered.map((id) => `No subscription covers ${id}.`),
        ...report.failed.map(({ feed, what }) => `${feed}: ${what}`),
      ].join(' '),
      next: bad ? 'Look at the subscriptions that are not ok.' : 'The next round comes by itself.',
    });
  };
  show(false);
  for (const feed of feeds) {
    const part = await activity('reconcileFeed', `compare Graph and what is known: ${feed}`, { feed });
    report = {
      removed: [...report.removed, ...part.removed],
      told: [...report.told, ...part.told],
      uncovered: [...report.uncovered, ...part.uncovered],
      failed: [...report.failed, ...part.failed],
    };
  }
  show(true);
  return report;
}
