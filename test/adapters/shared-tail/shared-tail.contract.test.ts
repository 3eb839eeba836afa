import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSharedTail } from '#adapters/shared-tail/shared-tail.ts';
import { createSqliteEventLog } from '#adapters/sqlite/event-log.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { describeEventLog } from '#test/contract/event-log.contract.ts';

describeEventLog('embedded, with one live subscription for all', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-shared-tail-'));
  const log = createSharedTail(
    await createSqliteEventLog({ file: join(folder, 'log.db'), clock: systemClock }),
    systemClock,
  );
  return {
    log,
    async dispose() {
      await log.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
