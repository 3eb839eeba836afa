import { createSqlitePartitionOwnership } from '#adapters/sqlite/partition-ownership.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { temporaryFolder } from '#test/adapters/sqlite/temporary-folder.ts';
import { describePartitionOwnership } from '#test/contract/partition-ownership.contract.ts';

describePartitionOwnership('sqlite', async () => {
  const folder = temporaryFolder();
  const clock = createManualClock(Date.UTC(2026, 0, 1));
  const open = () =>
    createSqlitePartitionOwnership({ file: folder.path('claims.db'), hub: 'hub', consumerGroup: '$Default', clock });
  const ownership = open();
  const other = open();
  return {
    ownership,
    other,
    expire: async () => clock.advance(10_001),
    async dispose() {
      await ownership.close();
      await other.close();
      folder.remove();
    },
  };
});
