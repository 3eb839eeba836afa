import { expect, it } from 'vitest';
import { startIn, startOf } from '#adapters/temporal/dev-server/process-table.ts';

const stat = (state: string, threads: number) =>
  `4711 (temporal (dev) S) ${state} 1 4711 4711 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 ${threads} 0 987654 1000 200 1\n`;

it('tells when a process started, whatever its name holds', () => {
  expect(startIn(stat('S', 12))).toBe('987654');
});

it('takes a process that waits for its parent for gone, but not one whose other threads still end', () => {
  expect(startIn(stat('Z', 1))).toBeUndefined();
  expect(startIn(stat('Z', 3))).toBe('987654');
});

it('knows this very process', () => {
  expect(startOf(process.pid)).toBeDefined();
});
