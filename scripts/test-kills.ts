// Workers that are killed before and after every step that they can take, one after the other, on the real Temporal dev server: a few minutes.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync('vitest', ['run', 'test/workflows/kills'], {
  stdio: 'inherit',
  env: { ...process.env, TOCSIN_TEST_KILLS: 'all', TOCSIN_TEST_REQUIRE_TEMPORAL: '1' },
});
process.exit(status ?? 1);
