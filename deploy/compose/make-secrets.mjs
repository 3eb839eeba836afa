// Makes the secrets of compose.yaml, once: `node deploy/compose/make-secrets.mjs`. Any Node will do, which is why this is no TypeScript.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Writes the secrets that are not there yet. Containers read the files as users of their own, so the files are open and the folder is not.
 * @param {string} folder
 * @returns {string[]} the names of those that were made
 */
export function makeSecrets(folder) {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  return ['postgres-password', 'grafana-password'].filter((name) => {
    try {
      writeFileSync(join(folder, name), randomBytes(24).toString('base64url'), { flag: 'wx', mode: 0o444 });
      return true;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      return false;
    }
  });
}

const here = fileURLToPath(import.meta.url);
if (process.argv[1] === here) {
  const folder = fileURLToPath(new URL('../secrets', import.meta.url));
  for (const name of makeSecrets(folder)) process.stdout.write(`made ${join(folder, name)}\n`);
}
