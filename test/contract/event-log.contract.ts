import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeAppends } from '#test/contract/event-log/appends.ts';
import { describeDeletion } from '#test/contract/event-log/deletion.ts';
import { describeIdempotence } from '#test/contract/event-log/idempotence.ts';
import { describeReads } from '#test/contract/event-log/reads.ts';
import { describeStreamMetadata } from '#test/contract/event-log/stream-metadata.ts';
import { describeSubscriptions } from '#test/contract/event-log/subscriptions.ts';
import type { EventLogFactory, EventLogUnderTest, Suite } from '#test/contract/event-log/suite.ts';

/**
 * What every event log must do. Tests use stream names of their own and never take the log for empty, so that a server that others
 * write to can be tested too.
 * @param skips tests that this implementation cannot pass, by their full name, each with the reason, which is shown
 */
export function describeEventLog(
  name: string,
  factory: EventLogFactory,
  skips: readonly { readonly test: string; readonly reason: string }[] = [],
): void {
  describe(`event log: ${name}`, () => {
    let subject: EventLogUnderTest;
    const reasons = new Map(skips.map((skip) => [skip.test, skip.reason]));

    beforeAll(async () => {
      subject = await factory();
    });
    afterAll(() => subject.dispose());

    const suite: Suite = {
      test(title, body) {
        const reason = reasons.get(title);
        reasons.delete(title);
        if (reason === undefined) it(title, () => body(subject.log));
        else it(title, ({ skip }) => skip(reason));
      },
      factory,
    };
    describeAppends(suite);
    describeIdempotence(suite);
    describeReads(suite);
    describeSubscriptions(suite);
    describeStreamMetadata(suite);
    describeDeletion(suite);

    const unknown = [...reasons.keys()];
    it('skips no test that does not exist', () => expect(unknown).toEqual([]));
  });
}
