import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareEnvironment, runToEnd } from '#test/cli/one-run.ts';

const env = bareEnvironment(join(tmpdir(), 'tocsin-none'));
const scriptOf = async (shell: string) => (await runToEnd(['completion', shell], env)).stdout;

/** What bash would offer for a line, of which the last word is being typed. */
function complete(script: string, ...words: readonly string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const text = execFileSync('bash', ['--norc', '-s'], {
    input: `${script}\nCOMP_WORDS=(tocsin ${quoted})\nCOMP_CWORD=${words.length}\n_tocsin\nprintf '%s\\n' "\${COMPREPLY[@]}"\n`,
    encoding: 'utf8',
  });
  return text.split('\n').filter((line) => line !== '');
}

describe('completion', () => {
  it.each(['bash', 'zsh'])('prints a script for %s whose syntax is right', async (shell) => {
    const script = await scriptOf(shell);
    expect(script).toContain('complete -o default -F _tocsin tocsin');
    execFileSync('bash', ['-n', '-s'], { input: script });
  });

  it('completes commands, options and closed sets of values in bash', async () => {
    const script = await scriptOf('bash');
    expect(complete(script, 'em')).toEqual(['emergency']);
    expect(complete(script, 'emergency', 'res')).toEqual(['resolve']);
    expect(complete(script, 'emergency', 'resolve', 'some-id', '--disp')).toEqual(['--disposition']);
    expect(complete(script, 'emergency', 'resolve', 'some-id', '--disposition', 'f')).toEqual(['false-alarm']);
    expect(complete(script, 'simulate', 'call', '--feed', 'ch')).toEqual(['chat']);
    expect(complete(script, 'run', 'tri')).toEqual(['triage']);
  });

  it('is not led astray by the value of an option that is a command', async () => {
    const script = await scriptOf('bash');
    expect(complete(script, '--state-dir', 'audit', 'emergency', 'ack')).toEqual(['acknowledge']);
    expect(complete(script, 'simulate', 'call', '--caller', 'fault', '--fl')).toEqual(['--floor']);
  });

  it('describes commands to fish', async () => {
    const script = await scriptOf('fish');
    expect(script).toContain("complete -c tocsin -n '__fish_use_subcommand' -f -a emergency -d 'the emergencies'");
    expect(script).toMatch(/-l feed -x -a 'chat events both'/);
  });

  it('says which shells there are', async () => {
    const { code, stderr, stdout } = await runToEnd(['completion', 'tcsh'], env);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('bash, zsh, fish');
  });
});
