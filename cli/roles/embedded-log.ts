import { createSqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { Clock } from '#ports/clock.ts';

/** A file that is none, or is damaged, is no fault of the program: whoever runs it has to know what to do. */
export async function openEmbeddedLog(file: string, clock: Clock): ReturnType<typeof createSqliteEventLog> {
  try {
    return await createSqliteEventLog({ file, clock });
  } catch (error) {
    throw new CommandError(
      exitCodes.settings,
      `TOCSIN_EVENT_LOG: ${error instanceof Error ? error.message : String(error)}; name the file of an event log (or one that is not there yet) in a folder that can be written to. Where it is the right file it is damaged: keep it as it is, and restore a backup ("Backup and restore" in docs/operator.md)`,
    );
  }
}
