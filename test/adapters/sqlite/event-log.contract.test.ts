import { createSqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { temporaryFolder } from '#test/adapters/sqlite/temporary-folder.ts';
import { describeEventLog } from '#test/contract/event-log.contract.ts';

describeEventLog('embedded', async () => {
  const folder = temporaryFolder();
  const log = await createSqliteEventLog({ file: folder.path('log.db'), clock: systemClock });
  return {
    log,
    async dispose() {
      await log.close();
      folder.remove();
    },
  };
});
