import { expect, it } from 'vitest';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin, tocsin } from '#test/support/tocsin-process.ts';

it('runs the role worker without Temporal only where somebody decided so', async () => {
  const folder = temporaryFolder();
  const undecided = await tocsin(folder, ['run', 'worker'], { TOCSIN_TEMPORAL: '' });
  expect([undecided.code, undecided.stderr]).toEqual([78, expect.stringContaining('TOCSIN_TEMPORAL must be set')]);
  // A stack without Temporal starts it with `off`: ending would only make its platform start it again and again.
  const worker = await startTocsin(folder, ['worker'], { TOCSIN_TEMPORAL: 'off' });
  const report = await fetch(`${worker.endpoints['probes']}/health/report`);
  expect(await report.text()).toContain('is off: nobody signs in, nothing is subscribed or renewed');
  expect(await worker.end('SIGTERM')).toBe(0);
});
