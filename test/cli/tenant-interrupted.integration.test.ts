import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { isProcessAlive } from '#adapters/programs/process-identity.ts';
import { pinnedVersion } from '#adapters/pulumi/engine/find.ts';
import { bareEnvironment, bin } from '#test/cli/one-run.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';

it.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'ends at a %s while the engine answers nothing, and leaves no engine behind',
  async (signal) => {
    const folder = temporaryFolder();
    const [engine, begun] = [join(folder, 'pulumi'), join(folder, 'begun')];
    writeFileSync(
      engine,
      `#!/bin/sh\ncase "$*" in *version*) echo v${pinnedVersion()}; exit 0;; esac\necho $$ > '${begun}.new'; mv '${begun}.new' '${begun}'\nexec sleep 600\n`,
    );
    chmodSync(engine, 0o755);
    const child = spawn(process.execPath, [bin, 'tenant', 'list', '--simulate'], {
      env: bareEnvironment(join(folder, 'state'), { TOCSIN_PULUMI_CLI: engine }),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = Promise.all([once(child, 'exit'), text(child.stderr)]);
    await eventually('the engine was asked', () => existsSync(begun));
    child.kill(signal);
    const [code, said] = await ended;
    expect(code).toEqual([1, null]);
    expect(said).toMatch(/stopped; the same command takes it up again\n$/);
    expect(isProcessAlive(Number(readFileSync(begun, 'utf8')), undefined)).toBe(false);
  },
);
