import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSqliteSecrets } from '#adapters/key-store/secrets.ts';
import { createSqliteKeyStore } from '#adapters/key-store/sqlite-key-store.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import type { HolderTask } from './lock-holder.ts';
import { temporaryPlace } from './place.ts';
import type { WriterTask } from './secrets-writer.ts';

const program = fileURLToPath(new URL('./secrets-writer.ts', import.meta.url));
const word = Buffer.from('0.AXcanary-refresh-token-Quohzaivee');

describe('secrets in the SQLite key store', () => {
  let place: ReturnType<typeof temporaryPlace>;
  const opened: { close(): Promise<void> }[] = [];
  const clock = createManualClock(Date.parse('2026-03-01T00:00:00Z'));
  const open = (seed = 1) => {
    const secrets = createSqliteSecrets({ ...place, clock, ids: createSeededIds(seed) });
    opened.push(secrets);
    return secrets;
  };

  beforeEach(() => {
    place = temporaryPlace();
  });
  afterEach(async () => {
    for (const handle of opened.splice(0)) await handle.close();
    place.remove();
  });

  it('leave nothing in plain in any file', async () => {
    const secrets = open();
    await secrets.write('credential/chat/token-cache', word, 'none');
    expect(place.bytes().includes(word)).toBe(false);
    expect(place.bytes().includes(Buffer.from(word.toString('base64')))).toBe(false);
    expect(place.bytes().includes('credential/chat/token-cache')).toBe(true);
  });

  it('leave no copy of the key of a value that was removed', async () => {
    const secrets = open();
    await secrets.write('a', word, 'none');
    const copy = wrappedKeyOf(place.file, 'a');
    expect(place.bytes().includes(copy)).toBe(true);
    expect(await secrets.remove('a')).toEqual({ ok: true });
    expect(place.bytes().includes(copy)).toBe(false);
  });

  it('say that traces remain while somebody reads, and remove them when asked again', async () => {
    const secrets = createSqliteSecrets({ ...place, clock, ids: createSeededIds(1), busyTimeoutMs: 1 });
    opened.push(secrets);
    await secrets.write('a', word, 'none');
    const reader = new DatabaseSync(place.file);
    reader.exec('BEGIN; SELECT * FROM secrets');
    expect(await secrets.remove('a')).toMatchObject({ ok: false, detail: expect.stringContaining('repeat it') });
    reader.close();
    expect(await secrets.remove('a')).toEqual({ ok: true });
  });

  it('refuse a value that was moved to another name or brought back from the past', async () => {
    const secrets = open();
    const first = await secrets.write('a', Buffer.from('old'), 'none');
    await secrets.write('b', Buffer.from('b'), 'none');
    const file = new DatabaseSync(place.file);
    const old = file.prepare('SELECT sealed FROM secret_values WHERE secret = 1').get()?.['sealed'] as Uint8Array;
    if (!first.ok) throw new Error(first.reason);
    await secrets.write('a', Buffer.from('new'), first.version);
    file.prepare('UPDATE secret_values SET sealed = ? WHERE secret = 1').run(old);
    file.exec('UPDATE secret_values SET sealed = (SELECT sealed FROM secret_values WHERE secret = 1) WHERE secret = 2');
    file.close();
    for (const name of ['a', 'b']) {
      expect(await secrets.read(name)).toEqual({
        ok: false,
        reason: 'unavailable',
        detail: `the secret ${name} is damaged in the key store`,
      });
    }
  });

  it('share the file and the master key with subject keys', async () => {
    const secrets = open();
    await secrets.write('a', word, 'none');
    const keys = await createSqliteKeyStore(place);
    opened.push(keys);
    expect(await keys.subjectKeys(['user:1'])).toMatchObject({ ok: true });
    expect(await secrets.read('a')).toMatchObject({ value: new Uint8Array(word) });
  });

  it('let a lock end although the wall clock was set back by a year', async () => {
    const holder = open(1);
    await holder.lock('a', { waitMs: 0, holdMs: 1_000 });
    let set = clock.now();
    let passed = 0;
    const setBack = { ...clock, now: () => set, monotonic: () => passed };
    set -= 365 * 86_400_000;
    const other = createSqliteSecrets({ ...place, clock: setBack, ids: createSeededIds(2) });
    opened.push(other);
    expect(await other.lock('a', { waitMs: 0, holdMs: 1_000 })).toEqual({ ok: false, reason: 'held' });
    passed += 999;
    expect(await other.lock('a', { waitMs: 0, holdMs: 1_000 })).toEqual({ ok: false, reason: 'held' });
    passed += 1;
    expect(await other.lock('a', { waitMs: 0, holdMs: 1_000 })).toMatchObject({ ok: true });
  });

  it('do not wait for a lock whose holder was killed', async () => {
    const holder = fork(fileURLToPath(new URL('lock-holder.ts', import.meta.url)));
    const told = once(holder, 'message');
    await once(holder, 'spawn');
    const { file, masterKeyFile } = place;
    holder.send({ file, masterKeyFile, name: 'a' } satisfies HolderTask);
    await told;
    expect(await open().lock('a', { waitMs: 0, holdMs: 1_000 })).toEqual({ ok: false, reason: 'held' });
    const ended = once(holder, 'exit');
    holder.kill('SIGKILL');
    await ended;
    expect(await open().lock('a', { waitMs: 0, holdMs: 1_000 })).toMatchObject({ ok: true });
  });

  it('are written by one process at a time', async () => {
    const writers: ChildProcess[] = [fork(program), fork(program)];
    try {
      await Promise.all(writers.map((writer) => once(writer, 'message')));
      const reports = await Promise.all(
        writers.map(async (writer) => {
          const reported = Promise.race([
            once(writer, 'message'),
            once(writer, 'exit').then(([code]) => Promise.reject(new Error(`exit ${code}`))),
          ]);
          const { file, masterKeyFile } = place;
          writer.send({ file, masterKeyFile, times: 40 } satisfies WriterTask);
          return (await reported)[0] as { overlaps: number };
        }),
      );
      expect(reports).toEqual([{ overlaps: 0 }, { overlaps: 0 }]);
      expect(await open().read('counter')).toMatchObject({ value: new Uint8Array(Buffer.from('80')) });
    } finally {
      for (const writer of writers) writer.kill('SIGKILL');
    }
  });
});

function wrappedKeyOf(path: string, name: string): Buffer {
  const file = new DatabaseSync(path);
  const row = file.prepare('SELECT wrapped FROM secrets WHERE name = ?').get(name);
  file.close();
  return Buffer.from(row?.['wrapped'] as Uint8Array);
}
