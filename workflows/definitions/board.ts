import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { type Feed, type StateWord, type Status, searchAttributes } from '#workflows/contract.ts';

/** What operators see of one entity: search attributes in the list (upserted on change alone), current details on its page. */
export interface Board {
  show(status: Status, lines?: readonly string[]): void;
}

export function createBoard(kind: string, title: string, feed?: Feed): Board {
  let shown: { readonly state: StateWord; readonly until: number | undefined } | undefined;
  return {
    show(status, lines = []) {
      if (shown?.state !== status.state || shown.until !== status.until) {
        const first = shown === undefined;
        upsertSearchAttributes([
          { key: searchAttributes.state, value: status.state },
          ...(status.until === undefined && first
            ? []
            : [{ key: searchAttributes.expiresAt, value: status.until === undefined ? null : new Date(status.until) }]),
          ...(first ? [{ key: searchAttributes.kind, value: kind }] : []),
          ...(first && feed !== undefined ? [{ key: searchAttributes.feed, value: feed }] : []),
        ]);
        shown = { state: status.state, until: status.until };
      }
      setCurrentDetails(
        [
          `## ${title}: ${status.state}`,
          status.what,
          `**Since** ${time(status.since)}${status.until === undefined ? '' : ` · **works until** ${time(status.until)}`}`,
          `**Next:** ${status.next}`,
          ...lines,
        ].join('\n\n'),
      );
    },
  };
}

/** What somebody who asks Microsoft for help has to say. @param supportId of the trouble that there is */
export function supportLines(supportId: string | undefined): readonly string[] {
  return supportId === undefined ? [] : [`**For Microsoft support:** request id \`${supportId}\``];
}

/** `2026-01-31 13:45 UTC`. */
export function time(ms: number): string {
  return Number.isFinite(ms) ? `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC` : 'never';
}
