import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Versions {
  readonly node: string;
  readonly sqlite?: string;
}
const { complaintAbout, isFitting } = (await import(
  pathToFileURL(join(import.meta.dirname, '../../bin/fitting-node.mjs')).href
)) as {
  isFitting(versions: Versions): boolean;
  complaintAbout(versions: Versions): string;
};

describe('the Node that the launcher runs Tocsin under', () => {
  it.each([
    ['24.21.0', '3.53.4', true],
    ['24.12.0', '3.51.3', true],
    ['25.0.0', '3.52.0', true],
    ['26.1.0', '4.0.0', true],
    ['24.12.0', '3.51.2', false],
    ['24.13.0', '3.51.1', false],
    ['25.2.0', '3.50.4', false],
    ['24.11.1', '3.53.4', false],
    ['22.22.0', '3.53.4', false],
    ['25.0.0-nightly20260101', '3.51.3', true],
    ['24.12.0', undefined, false],
  ])('is %s with SQLite %s: %s', (node, sqlite, fits) => {
    expect(isFitting({ node, ...(sqlite === undefined ? {} : { sqlite }) })).toBe(fits);
  });

  it('is the one that runs these tests', () => {
    expect(isFitting(process.versions as Versions)).toBe(true);
  });

  it('is asked for with what is wrong and what to do', () => {
    const said = complaintAbout({ node: '24.12.0', sqlite: '3.51.1' });
    for (const part of ['24.12.0', '3.51.1', '3.51.3', 'npm ci', '.nvmrc']) expect(said).toContain(part);
    expect(complaintAbout({ node: '20.0.0' })).toContain('without SQLite');
  });
});
