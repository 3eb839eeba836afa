import { describe, expect, it } from 'vitest';
import { eventRegistry, readEvent } from '#domain/registry.ts';
import { recordMissing } from '#test/domain/event-fixtures.ts';
import { eventfulRun } from '#test/domain/eventful-run.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

/**
 * What staying subscribed writes takes days and outages, who looked at what takes people who sign in, and what is published again or erased takes somebody who asks for it: their own tests
 * check what is written against the registry.
 */
const isOfSubscribing = (stream: string) =>
  /^(credential|subscription|reconcile|watch|fetch|back-fill|quarantine|subject)-|^access$/.test(stream);

/** Written by the role `worker`, whose tests have Temporal. */
const ofPaging: readonly string[] = ['ResponderPaged', 'PagingAdvanced'];

describe('what a run really writes', () => {
  it('is accepted by the schema of its version, and every type that there is occurs', async () => {
    const events = await eventfulRun(temporaryFolder());
    if (process.env['TOCSIN_TEST_RECORD_FIXTURES'] === '1') recordMissing(events);
    const wrong = events
      .filter(({ type }) => !type.startsWith('$'))
      .map(({ type, data, metadata }) => readEvent(type, Number(metadata['schemaVersion']), data))
      .filter(({ ok }) => !ok);
    expect(wrong).toEqual([]);
    const types = new Set(events.map(({ type }) => type));
    const missing = eventRegistry.filter(
      ({ type, streams }) => !types.has(type) && !ofPaging.includes(type) && !streams.every(isOfSubscribing),
    );
    expect(missing.map(({ type }) => type)).toEqual([]);
  });
});
