// Makes sure that Pulumi's engine, which tests need, is in the cache: `node tools/pulumi/obtain.ts`. Ends with 1 and says what is missing where it cannot be
// had. Minutes the first time on a machine, a second after that.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { obtainEngine } from '#adapters/pulumi/engine/obtain.ts';
import { systemClock } from '#adapters/system/clock.ts';

const { env } = process;
const cacheDir = env['TOCSIN_CACHE_DIR'] ?? join(homedir(), '.cache', 'tocsin');
const executable = env['TOCSIN_PULUMI_CLI'];
const say = (line: string) => process.stderr.write(`${line}\n`);

const result = await obtainEngine({
  cacheDir,
  env,
  ...(executable !== undefined && { executable }),
  clock: systemClock,
  onProgress: say,
});
say(result.ok ? result.executable : `${result.detail}; ${result.remedy}`);
if (!result.ok) process.exitCode = 1;
