import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const program = fileURLToPath(new URL('fixtures/stuck-thread.ts', import.meta.url));

describe.skipIf(process.platform === 'win32')('a process whose thread cannot be ended', () => {
  it.each(['in order', 'at once'])('ends %s with its exit code, after what was to be done at the end', async (how) => {
    const child = spawn(process.execPath, [program, how], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(code).toBe(69);
    expect(said).toBe('ended with 69\n');
  });
});
