// Makes sure that the Temporal servers that tests need are in the cache: `node tools/temporal/obtain.ts`. Ends with 1 and says what is missing where they
// cannot be had. Minutes the first time on a machine, a second after that.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#adapters/system/clock.ts';
import { obtainTemporal } from '#adapters/temporal/dev-server/obtain.ts';
import { obtainTimeSkippingServer } from './obtain-time-skipping.ts';

const { env } = process;
const cacheDir = env['TOCSIN_CACHE_DIR'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tocsin');
const executable = env['TOCSIN_TEMPORAL_CLI'];
const say = (line: string) => process.stderr.write(`${line}\n`);

const results = [
  await obtainTemporal({
    cacheDir,
    env,
    ...(executable !== undefined && { executable }),
    clock: systemClock,
    onProgress: say,
  }),
  await obtainTimeSkippingServer({ cacheDir }),
];
for (const result of results)
  say(result.ok ? result.executable : `${result.detail}${'remedy' in result ? `; ${result.remedy}` : ''}`);
if (results.some(({ ok }) => !ok)) process.exitCode = 1;
