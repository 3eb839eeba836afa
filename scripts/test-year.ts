// A simulated year of staying subscribed: both feeds, twelve policies, every kind of fault at a realistic rate. Days, policies and seed may be given: `npm run test:year -- 30 12 7`.
import { spawnSync } from 'node:child_process';

const [days = '365', policies = '12', seed = '1'] = process.argv.slice(2);
const { status } = spawnSync('vitest', ['run', 'test/workflows/year'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    ...{ TOCSIN_TEST_YEAR_DAYS: days, TOCSIN_TEST_YEAR_POLICIES: policies, TOCSIN_TEST_YEAR_SEED: seed },
    ...{ TOCSIN_TEST_YEAR_PROGRESS: '1', TOCSIN_TEST_REQUIRE_TEMPORAL: '1' },
    // The server that skips time keeps every history: those of a year may need more memory than it is given otherwise, and its second compiler pays.
    _JAVA_OPTIONS: '-Xmx2g -XX:TieredStopAtLevel=4',
  },
});
process.exit(status ?? 1);
