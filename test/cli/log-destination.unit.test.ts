import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLogDestination } from '#cli/roles/log-destination.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

function opened(file: string, flags = 'a'): number {
  const fd = openSync(file, flags);
  onTestFinished(() => closeSync(fd));
  return fd;
}

describe('where the lines of the log go', () => {
  it('gets every line in order, also those that wait when the process ends', async () => {
    const file = join(temporaryFolder(), 'log');
    const destination = createLogDestination(opened(file), expect.fail, expect.fail);
    const lines = Array.from({ length: 1000 }, (_, n) => `${n} ${'ä'.repeat(n)}\n`);
    for (const line of lines.slice(0, 500)) destination.write(line);
    await eventually('they are written', () => readFileSync(file, 'utf8') === lines.slice(0, 500).join(''));
    await new Promise(setImmediate);
    for (const line of lines.slice(500)) destination.write(line);
    destination.flush();
    await eventually('the rest is', () => readFileSync(file, 'utf8').length === lines.join('').length);
  });

  it.skipIf(!existsSync('/dev/full'))('counts what a full disk does not take, and throws nothing', async () => {
    const lost: (readonly [number, string])[] = [];
    const destination = createLogDestination(opened('/dev/full', 'w'), (...one) => void lost.push(one), expect.fail);
    destination.write('first\n');
    await eventually('the first is lost', () => lost.length === 1);
    destination.write('second\n');
    await eventually('the second is lost', () => lost.length === 2);
    destination.write('third\n');
    destination.write('fourth\n');
    destination.flush();
    await eventually('all are lost', () => lost.reduce((sum, [lines]) => sum + lines, 0) === 4);
    expect(new Set(lost.map(([, code]) => code))).toEqual(new Set(['ENOSPC']));
  });

  it.skipIf(process.platform === 'win32')(
    'says when lines go out again, and spoils none of them with half a line',
    async () => {
      const file = join(temporaryFolder(), 'log');
      // More than this file may grow to is refused, after what fits of it was written (setrlimit(2)).
      const module = JSON.stringify(new URL('../../cli/roles/log-destination.ts', import.meta.url).href);
      const program = `
      import { openSync, truncateSync } from 'node:fs';
      const { createLogDestination } = await import(${module});
      const file = process.argv[1];
      const destination = createLogDestination(
        openSync(file, 'a'),
        () => { truncateSync(file, 500); destination.write('whole\\n'); },
        () => destination.write('back\\n'),
      );
      destination.write(\`\${'x'.repeat(2_000)}\\n\`);
    `;
      const child = spawn(
        'sh',
        ['-c', 'ulimit -f 2; exec "$0" --input-type=module -e "$1" "$2"', process.execPath, program, file],
        {
          stdio: 'inherit',
        },
      );
      expect(await once(child, 'exit')).toEqual([0, null]);
      expect(readFileSync(file, 'utf8')).toBe(`${'x'.repeat(500)}\nwhole\nback\n`);
    },
  );
});
