import { createSqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { batchAfter, batchSize } from '#test/adapters/sqlite/numbered-events.ts';

/**
 * Body of a process: goes on appending numbered events to a stream until it is killed, from where the stream ends, and prints the revision of
 * every append that was acknowledged. Arguments: file, stream, the last revision that its predecessor had acknowledged (-1: none).
 */
const [file = '', stream = '', acknowledged = '-1'] = process.argv.slice(2);
const log = await createSqliteEventLog({ file, clock: systemClock });

// What became of the append that was in flight when the predecessor died is unknown: it is repeated.
let revision = Number(acknowledged);
for (;;) {
  const expected = revision < 0 ? 'no-stream' : revision;
  const result = await log.append(stream, expected, batchAfter(stream, revision));
  if (!result.ok) throw new Error(JSON.stringify(result));
  if (result.revision !== revision + batchSize) throw new Error(`${result.revision} after ${revision}`);
  revision = result.revision;
  process.stdout.write(`${revision}\n`);
}
