import { describe, expect, it } from 'vitest';
import { expectPlain, useOneRun } from '#test/cli/one-run.ts';
import { callsIn, shellLines, textOf } from '#test/docs/documents.ts';
import { eventually } from '#test/support/eventually.ts';

const run = useOneRun();

const section = textOf('README.md').split('## What to try next')[1]?.split('\n## ')[0] ?? '';
const calls = shellLines(section).flatMap(callsIn);
const endless = (words: readonly string[]) => ['watch', 'follow'].includes(words[1] ?? '');

describe('what the README says to try next', () => {
  it('works, in the order in which it stands there', async () => {
    expect(calls.length).toBeGreaterThan(8);
    for (const words of calls) {
      if (endless(words)) {
        const going = run.start(...words);
        const first = await eventually(words.join(' '), () => going.lines[0]);
        expectPlain(first);
        await going.end();
        continue;
      }
      const { code, stdout, stderr } = await run.tocsin(...words);
      // What the command said is the first thing that one wants to know when it fails.
      if (code !== 0) expect.fail(`tocsin ${words.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
      expect(stdout).not.toBe('');
      expectPlain(stdout);
    }
  });
});
