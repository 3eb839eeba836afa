import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

// Loaded before Tocsin (`node --import`): writes the key of each setting that is read to a file of the state folder, once.
const freeze = Object.freeze;
const isSettings = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && 'stateDir' in value && 'eventHubs' in value && 'logLevel' in value;

Object.freeze = ((value: unknown) => {
  const frozen = freeze(value);
  const folder = process.env['TOCSIN_STATE_DIR'];
  if (!isSettings(frozen) || folder === undefined) return frozen;
  const read = new Set<string>();
  return new Proxy(frozen, {
    get(settings, key) {
      if (typeof key === 'string' && !read.has(key)) {
        read.add(key);
        appendFileSync(join(folder, 'settings-read'), `${key}\n`);
      }
      return Reflect.get(settings, key);
    },
  });
}) as typeof Object.freeze;
