import { expect, it } from 'vitest';
import { sayClockSkew } from '#cli/roles/tenant-access.ts';

it('asks nobody to set a clock that agrees again', () => {
  const lines: string[] = [];
  const log = {
    info: (_: object, line: string) => lines.push(line),
    warn: (_: object, line: string) => lines.push(line),
  };
  const logger = log as unknown as Parameters<typeof sayClockSkew>[0];
  sayClockSkew(logger, -10_800_000);
  sayClockSkew(logger, 0);
  expect(lines).toEqual([
    'the clocks of this machine and of Entra ID differ; set the time of this machine',
    'the clocks of this machine and of Entra ID agree again',
  ]);
});
