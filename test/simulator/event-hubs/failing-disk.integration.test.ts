import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type { PreparedEvent } from '#simulator/event-hubs/amqp/event-message.ts';
import { openPartitionLog, type PartitionLog } from '#simulator/event-hubs/log/partition-log.ts';
import { createFileStore, createImageCache } from '#simulator/event-hubs/log/segment-files.ts';
import { cleanup, temporaryFolder } from './support.ts';

type Method = 'write' | 'datasync' | 'sync' | 'truncate';
type Call = (...given: readonly unknown[]) => Promise<unknown>;

const anyFile = await open(fileURLToPath(import.meta.url));
const files = Object.getPrototypeOf(anyFile) as Record<Method, Call>;
await anyFile.close();

/** Lets all files of this process do something else; returns the undo. */
function instead(method: Method, does: (real: Call, file: FileHandle, given: readonly unknown[]) => Promise<unknown>) {
  const real = files[method];
  const undo = () => {
    files[method] = real;
  };
  files[method] = function (this: FileHandle, ...given) {
    return does(real.bind(this), this, given);
  };
  onTestFinished(undo);
  return undo;
}

const refuse = async () => {
  throw new Error('no space left');
};

/** Some events of one partition by their letters: `large` ones fill a file with four. */
const small = (letter: string) => eventsOf(letter, 1_000);
const large = (letter: string) => eventsOf(letter, 600_000);
function eventsOf(letter: string, bytes: number): readonly PreparedEvent[] {
  return [{ header: undefined, kept: [], partitionKey: undefined, rest: [Buffer.alloc(bytes, letter)] }];
}

/** A partition as it is found after whoever had it was killed. */
async function opened(folder: string): Promise<PartitionLog> {
  const cache = createImageCache(16);
  const store = createFileStore(folder, cache);
  const log = await openPartitionLog({ id: '0', store, cache, retention: {}, now: () => 0 });
  cleanup(() => log.close());
  return log;
}

async function letters(log: PartitionLog): Promise<string> {
  let found = '';
  for (let next = 0; next < log.ends().next; next++) {
    await log.read(next, 1, 1);
    const [message] = (await log.read(next, 1, 1)) ?? [];
    found += String.fromCharCode(message?.at(-1) ?? 0);
  }
  return found;
}

/** A partition with three large events, in a file that has room for small ones only. */
async function almostFull(): Promise<{ readonly folder: string; readonly log: PartitionLog }> {
  const folder = await temporaryFolder();
  const log = await opened(folder);
  for (const letter of 'abc') await log.append(large(letter));
  return { folder, log };
}

const isHeader: Record<
  Exclude<Method, 'truncate'>,
  (file: FileHandle, given: readonly unknown[]) => Promise<boolean>
> = {
  write: async (_, given) => given[3] === 0,
  datasync: async (file) => (await file.stat()).size === 32,
  sync: async () => true,
};

it.each(['write', 'datasync', 'sync'] as const)(
  'keeps what it acknowledges after it could not begin a new file for want of a %s',
  async (method) => {
    const { folder, log } = await almostFull();
    const undo = instead(method, async (real, file, given) =>
      (await isHeader[method](file, given)) ? await refuse() : await real(...given),
    );
    await expect(log.append(large('x'))).rejects.toThrow('no space left');
    expect(await readdir(folder)).toHaveLength(1);
    undo();

    await log.append(small('d'));
    expect(await letters(await opened(folder))).toBe('abcd');
    await log.append(large('e'));
    expect(await letters(await opened(folder))).toBe('abcde');
    expect(await readdir(folder)).toHaveLength(2);
  },
);

it('takes nothing while a file that it could not begin might come back', async () => {
  const { folder, log } = await almostFull();
  const undo = instead('sync', refuse);
  await expect(log.append(large('x'))).rejects.toThrow('no space left');
  await expect(log.append(small('y'))).rejects.toThrow('no space left');
  undo();
  await log.append(small('d'));
  expect(await letters(await opened(folder))).toBe('abcd');
});

it('stores whole what the disk takes in parts', async () => {
  const folder = await temporaryFolder();
  const log = await opened(folder);
  instead('write', (real, _, [bytes, from, count, at]) => real(bytes, from, Math.ceil(Number(count) / 2), at));
  await log.append(small('a'));
  expect(await letters(await opened(folder))).toBe('a');
});

it('shows and keeps nothing of what the disk took only a part of', async () => {
  const folder = await temporaryFolder();
  const log = await opened(folder);
  await log.append(small('a'));
  const undo = instead('write', async (real, _, [bytes, from, count, at]) => {
    await real(bytes, from, Math.ceil(Number(count) * 0.7), at);
    await refuse();
  });
  // The first is written alone, the three others together: two of them are whole on the disk.
  const refused = ['w', 'x', 'y', 'z'].map((letter) => log.append(small(letter)));
  expect((await Promise.allSettled(refused)).map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  expect(log.ends().next).toBe(1);
  undo();

  await log.append(small('b'));
  expect(await letters(log)).toBe('ab');
  expect(await letters(await opened(folder))).toBe('ab');
});

it('opens again when a file ended with what the disk took only a part of', async () => {
  const { folder, log } = await almostFull();
  const undo = instead('write', async (real, _, [bytes, from, count, at]) => {
    await real(bytes, from, Number(count) - 1, at);
    await refuse();
  });
  const cannotCut = instead('truncate', refuse);
  await expect(log.append(small('x'))).rejects.toThrow('no space left');
  undo();
  await expect(log.append(small('y'))).rejects.toThrow('no space left');
  await expect(log.append(large('z'))).rejects.toThrow('no space left');
  cannotCut();

  await log.append(large('d'));
  expect(await letters(await opened(folder))).toBe('abcd');
});

it.each([
  ['the same file', small],
  ['a new file', large],
])('stores what it could not sync before what comes later in %s', async (_, event) => {
  const { folder, log } = await almostFull();
  const [name = ''] = await readdir(folder);
  const file = await open(join(folder, name), 'r+');
  cleanup(() => file.close());
  const durable = (await file.stat()).size;
  const undo = instead('datasync', refuse);
  await expect(log.append(small('d'))).rejects.toThrow('no space left');
  undo();
  // As a system may: it drops the pages that it could not write, and reports that once.
  await file.write(Buffer.alloc((await file.stat()).size - durable), 0, undefined, durable);

  await log.append(event('e'));
  expect(await letters(await opened(folder))).toBe('abcde');
});

it('does not take a file with events for one that was never begun', async () => {
  const folder = await temporaryFolder();
  await (await opened(folder)).append(small('a'));
  const [name = ''] = await readdir(folder);
  const file = await open(join(folder, name), 'r+');
  await file.write(Buffer.from([1, 2, 3]), 0, 3, 0);
  await file.close();
  await expect(opened(folder)).rejects.toThrow('its header does not match');
});
