import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEngineCommand } from '#adapters/pulumi/engine-command.ts';
import { engineSays } from '#adapters/pulumi/engine-says.ts';
import { createStackDriver, type StackDriver } from '#adapters/pulumi/stack-driver.ts';
import { systemClock } from '#adapters/system/clock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-driver-'));
  writeFileSync(join(folder, 'Pulumi.yaml'), 'name: tocsin\nruntime: nodejs\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A driver whose engine says that at each deletion; `stack` prints what `pulumi stack` does while somebody updates it. */
function driverOf(said: string, at = 'destroy'): StackDriver {
  const executable = join(folder, 'pulumi');
  writeFileSync(join(folder, 'said'), said);
  writeFileSync(
    executable,
    `#!/bin/sh
case "$1 $2" in
  "${at} "*) cat "${folder}/said" >&2; exit 255 ;;
  "stack --stack") printf 'Current stack is contoso:\\n    Owner: contoso-it\\n    Update in progress:\\n\\tStarted: 3 minutes ago\\n\\tRequested By: anna\\n' ;;
esac
`,
  );
  chmodSync(executable, 0o755);
  const command = createEngineCommand({ executable, version: '3.259.0', env: { PATH: process.env['PATH'] } });
  return createStackDriver({
    ...{ command, folder, stack: 'contoso', project: 'tocsin', env: {}, clock: systemClock },
    program: async () => ({}),
  });
}

describe('why a run did not come to its end', () => {
  const azure =
    "error: Status=403 Code=\"AuthorizationFailed\" Message=\"The client 'a' does not have authorization to perform action 'Microsoft.DataProtection/backupVaults/delete' over scope '/s'\"";

  it.each([
    ['failed', 'what Azure refuses of a backup vault', azure],
    [
      'failed',
      'what a lock of Azure refuses',
      'error: Code="ScopeLocked" Message="The scope \'/s\' is currently locked"',
    ],
    [
      'protected',
      'a deletion of what is protected',
      'error: resource "urn" cannot be deleted\nbecause it is protected. To unprotect the resource, either remove the `protect` flag',
    ],
    [
      'protected',
      'a replacement of what is protected',
      'error: unable to replace resource "urn"\nas it is currently marked for protection. To unprotect the resource',
    ],
  ])('is %s for %s', async (reason, _, said) => {
    expect(await driverOf(said).destroy()).toMatchObject({ ok: false, reason, detail: [said] });
  });

  it('is the lock of a file or a blob, with who holds it', async () => {
    const said =
      'error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n  file:///s/1.json: created by anna@desk (pid 7) at 2026-11-22T00:00:00Z';
    expect(await driverOf(said).destroy()).toMatchObject({
      reason: 'locked',
      lock: { user: 'anna', host: 'desk', pid: 7, since: '2026-11-22T00:00:00Z' },
    });
  });

  it('is the update of somebody else at a service, with whose it is', async () => {
    const said =
      'error: [409] Conflict: Another update is currently in progress.\nTo learn more, visit https://www.pulumi.com/docs';
    expect(await driverOf(said).destroy()).toMatchObject({
      reason: 'locked',
      update: { kind: 'Update', since: '3 minutes ago', user: 'anna' },
    });
  });

  it('is what the engine calls an error, and no warning before it', async () => {
    const said =
      'warning: failed to get capabilities: querying capabilities failed: [403] no\nerror: [403] Forbidden: no\n';
    expect(await driverOf(said).destroy()).toMatchObject({ reason: 'failed', detail: ['error: [403] Forbidden: no'] });
  });

  it('is told in the words of the engine for what is no run, too', async () => {
    const driver = driverOf('error: this command requires logging in; try running `pulumi login` first\n', 'stack');
    const error = await driver.exists().catch((thrown: unknown) => thrown);
    expect(engineSays(error)).toEqual(['error: this command requires logging in; try running `pulumi login` first']);
    expect(engineSays(new Error('a fault of ours'))).toBeUndefined();
  });
});
