import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConnectionOptions, connectHere } from '#adapters/sqlite-read-models/connection.ts';
import { whyUnusable } from '#adapters/sqlite-read-models/database.ts';
import { createStore } from '#adapters/sqlite-read-models/store.ts';
import { connectThread } from '#adapters/sqlite-read-models/thread.ts';
import type { ReadModelFiles, ReadModelSchema, ReadModelStore } from '#ports/read-model-store.ts';

const endings = ['', '-wal', '-shm', '-journal'];

/**
 * Read models as SQLite files `<folder>/<name>.db`. A rebuild fills `<name>.<number>.building.db`; once that serves, an empty file
 * `<name>.<number>.rebuilt` says so, and it is called `<name>.db` as soon as nothing holds it any more: when it is closed, or at the next start.
 * One process at a time may use the folder.
 */
export function createReadModelFiles({ folder }: { readonly folder: string }): ReadModelFiles {
  let rebuilds = 0;
  /** Of read models in whose file damage was met: one that is large is not looked through when it is opened. */
  const damaged = new Set<string>();

  async function connect(options: ConnectionOptions) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return options.schema.large === true ? connectThread(options) : connectHere(options);
  }

  return {
    async open(schema) {
      const file = join(folder, `${schema.name}.db`);
      adopt(folder, schema.name);
      const found = statSync(file, { throwIfNoEntry: false });
      const met = damaged.delete(schema.name);
      const discarded =
        found === undefined ? undefined : met ? 'the file is damaged' : whyUnusable(file, found.size, schema);
      if (found === undefined || discarded !== undefined) remove(file);
      const connection = await connect({ file, schema });
      const store = createStore(schema, connection, {
        complete: async () => undefined,
        closed: async () => undefined,
        discarded: async () => remove(file),
        damaged: () => void damaged.add(schema.name),
      });
      return { store, ...(discarded === undefined ? {} : { discarded }) };
    },

    async rebuild(schema): Promise<ReadModelStore> {
      const stem = join(folder, `${schema.name}.${process.pid}-${rebuilds++}`);
      const building = `${stem}.building.db`;
      const mark = `${stem}.rebuilt`;
      remove(building);
      const connection = await connect({ file: building, schema, bulk: true });
      return createStore(schema, connection, {
        async complete() {
          // The file itself must keep its name as long as it is open: a mark beside it says that it counts.
          writeFileSync(mark, '');
          damaged.delete(schema.name);
        },
        closed: async () => adopt(folder, schema.name),
        async discarded() {
          rmSync(mark, { force: true });
          remove(building);
        },
        damaged: () => void damaged.add(schema.name),
      });
    },
  };
}

/** Read models that vanish when they are closed; what is too much for memory waits on the disk meanwhile. */
export function createMemoryReadModelFiles(): ReadModelFiles {
  const open = async (schema: ReadModelSchema): Promise<ReadModelStore> => {
    const options: ConnectionOptions = { file: '', schema, bulk: true };
    const connection = schema.large === true ? await connectThread(options) : await connectHere(options);
    const nothing = async (): Promise<void> => undefined;
    return createStore(schema, connection, {
      ...{ complete: nothing, closed: nothing, discarded: nothing },
      damaged: () => undefined,
    });
  };
  return { open: async (schema) => ({ store: await open(schema) }), rebuild: open };
}

/** Gives a rebuilt model the name that counts, and removes what was not finished. Nothing may hold any of these files. */
function adopt(folder: string, name: string): void {
  if (!existsSync(folder)) return;
  const file = join(folder, `${name}.db`);
  const names = readdirSync(folder).filter((each) => each.startsWith(`${name}.`));
  const rebuilt = names
    .filter((each) => each.endsWith('.rebuilt') && existsSync(join(folder, each.replace(/rebuilt$/, 'building.db'))))
    .map((each) => ({ mark: join(folder, each), at: statSync(join(folder, each)).mtimeMs }))
    .sort((a, b) => b.at - a.at)[0];
  if (rebuilt !== undefined) {
    remove(file);
    const building = rebuilt.mark.replace(/rebuilt$/, 'building.db');
    for (const ending of ['-wal', '']) if (existsSync(building + ending)) renameSync(building + ending, file + ending);
  }
  for (const each of names)
    if (each.endsWith('.rebuilt') || each.includes('.building.db')) rmSync(join(folder, each), { force: true });
}

function remove(file: string): void {
  for (const ending of endings) rmSync(file + ending, { force: true });
}
