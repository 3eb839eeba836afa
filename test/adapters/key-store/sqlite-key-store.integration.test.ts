import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { MakerReport, MakerTask } from './maker.ts';
import { temporaryPlace } from './place.ts';

const program = fileURLToPath(new URL('./maker.ts', import.meta.url));

describe('several processes on one SQLite key store', () => {
  it('agree on identity, master key and every key, though they start in an empty folder at the same moment', async () => {
    for (let round = 0; round < 3; round += 1) {
      const place = temporaryPlace();
      const makers = [fork(program), fork(program), fork(program)];
      try {
        await Promise.all(makers.map((maker) => once(maker, 'message')));
        const subjects = Array.from({ length: 60 }, (_, index) => `number:${index}`);
        const reports = await Promise.all(
          makers.map(async (maker) => {
            const reported = Promise.race([
              once(maker, 'message'),
              once(maker, 'exit').then(([code]) => Promise.reject(new Error(`exit ${code}`))),
            ]);
            const { file, masterKeyFile } = place;
            maker.send({ file, masterKeyFile, subjects, day: '2026-03-01' } satisfies MakerTask);
            const [report] = await reported;
            return report as MakerReport;
          }),
        );
        expect(Object.keys(reports[0]?.keys ?? {})).toHaveLength(60);
        for (const report of reports) expect(report).toEqual(reports[0]);
      } finally {
        for (const maker of makers) maker.kill('SIGKILL');
        place.remove();
      }
    }
  });
});
