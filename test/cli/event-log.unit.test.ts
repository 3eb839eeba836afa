import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { openEmbeddedLog } from '#cli/roles/embedded-log.ts';
import { openEventLog } from '#cli/roles/shared.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

it.each([
  ['a folder', (folder: string) => folder],
  [
    'a file that is no database',
    (folder: string) => {
      writeFileSync(join(folder, 'notes.txt'), 'These are notes, and not a word of them is a database. '.repeat(100));
      return join(folder, 'notes.txt');
    },
  ],
])('says of an event log that is %s what to do', async (_what, make) => {
  const file = make(temporaryFolder());
  await expect(openEmbeddedLog(file, systemClock)).rejects.toMatchObject({
    exitCode: 78,
    message: expect.stringMatching(/^TOCSIN_EVENT_LOG: cannot open the event log .*restore a backup/s),
  });
});

it('says of an event log at an address with an option that nobody knows which that is', async () => {
  const options = { settings: {}, clock: systemClock, ids: systemIds, instanceId: 'one' } as unknown as RunContext;
  const setting = { kind: 'esdb', connectionString: 'esdb://u:secret@127.0.0.1:1?colour=red' } as const;
  await expect(openEventLog(options, setting)).rejects.toMatchObject({
    exitCode: 78,
    message: 'TOCSIN_EVENT_LOG: connection string of EventStoreDB: unknown option colour',
  });
});
