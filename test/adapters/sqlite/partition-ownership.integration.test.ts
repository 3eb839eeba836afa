import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSqlitePartitionOwnership } from '#adapters/sqlite/partition-ownership.ts';
import type { PartitionOwnership } from '#ports/partition-ownership.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { temporaryFolder } from '#test/adapters/sqlite/temporary-folder.ts';

describe('partition ownership in SQLite', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  const open: PartitionOwnership[] = [];
  const clock = createManualClock(Date.now());

  function ownership(more: { readonly isAlive?: () => boolean; readonly hub?: string; readonly group?: string } = {}) {
    const created = createSqlitePartitionOwnership({
      ...{ file: folder.path('claims.db'), hub: more.hub ?? 'hub', consumerGroup: more.group ?? '$Default', clock },
      ...(more.isAlive === undefined ? {} : { isAlive: more.isAlive }),
    });
    open.push(created);
    return created;
  }

  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
    folder.remove();
  });

  const claim = { partitionId: '0', ownerId: 'a', etag: undefined };

  it('keeps hubs and consumer groups apart and takes their names without regard to case', async () => {
    await ownership().claim([claim]);
    expect(await ownership({ hub: 'other' }).list()).toEqual([]);
    expect(await ownership({ group: 'other' }).list()).toEqual([]);
    expect(await ownership({ hub: 'HUB', group: '$default' }).list()).toHaveLength(1);
  });

  it('leaves out at once the claims of processes that are gone, and grants them to the next', async () => {
    await ownership().claim([claim]);
    const survivor = ownership({ isAlive: () => false });
    expect(await survivor.list()).toEqual([]);
    expect(await survivor.claim([{ ...claim, ownerId: 'b' }])).toHaveLength(1);
  });

  it('takes a claim from the future for void, as after the clock was put back', async () => {
    const ahead = createManualClock(clock.now() + 3_600_000);
    const wrong = createSqlitePartitionOwnership({
      ...{ file: folder.path('claims.db'), hub: 'hub', consumerGroup: '$Default', clock: ahead },
    });
    open.push(wrong);
    await wrong.claim([claim]);
    expect(await ownership().list()).toEqual([]);
  });

  it('sees the claim of a process of its own machine until that is killed', async () => {
    const body = `
      import { createSqlitePartitionOwnership } from '#adapters/sqlite/partition-ownership.ts';
      import { systemClock } from '#adapters/system/clock.ts';
      const ownership = createSqlitePartitionOwnership({ file: process.argv[1], hub: 'hub', consumerGroup: '$Default', clock: systemClock });
      await ownership.claim([{ partitionId: '0', ownerId: 'child', etag: undefined }]);
      process.stdout.write('claimed');
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', body, folder.path('claims.db')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data');
      const mine = ownership();
      expect(await mine.list()).toMatchObject([{ ownerId: 'child' }]);
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(await mine.list()).toEqual([]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
