import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { noEngine } from '#test/infra/engine/engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-tenant-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function tocsin(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['cli/main.ts', '--state-dir', folder, 'tenant', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => (stdout += String(text)));
    child.stderr.on('data', (text) => (stderr += String(text)));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe.skipIf(noEngine !== undefined)(
  `tocsin tenant${noEngine === undefined ? '' : ` (skipped: ${noEngine})`}`,
  () => {
    it('makes a simulated tenant for a newcomer, shows it beforehand, and changes nothing the second time', async () => {
      const { code, stdout, stderr } = await tocsin('up', 'contoso', '--simulate', '--no-policy');
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(/^Ingest: where Microsoft Graph delivers notices/m);
      expect(stdout).toMatch(/\+ Event Hubs namespace +evhns-contoso-/);
      expect(stdout).toMatch(
        /^A month costs about \d+ to \d+ US dollars\. This is an estimate with prices of \d{4}-\d{2}/m,
      );
      expect(stdout).toMatch(/contoso\.mesdb\.eventstore\.cloud:2113 .*not 443/);
      expect(stdout).toMatch(/deskUrl +https:/);
      expect(stderr).toMatch(/making: \d+ of \d+ resources in \d+ s/);
      expect(stderr).toContain('a second run changes 0 resources');
      const outputs = readFileSync(/outputs, with the settings of each role: (.+)/.exec(stderr)?.[1] ?? '', 'utf8');
      expect(JSON.parse(outputs)).toMatchObject({ tenant: 'contoso', roleSettings: { ingest: expect.any(Object) } });
      expect(outputs + stdout + stderr).not.toMatch(/esdb\+discover:\/\/tocsin:/);
      // Not on a terminal it ends once a call came through what it started from the outputs.
      expect(stderr).toMatch(/subscribed \(1 live\)/);
      expect(stderr).toMatch(/the call of .+ is on the board after \d+\.\d s/);
      expect(readdirSync(join(folder, 'simulated-azure', 'running'))).toEqual([]);
    }, 240_000);

    it('answers a program with changes and masked outputs', async () => {
      const { code, stdout, stderr } = await tocsin(
        'up',
        'contoso',
        '--simulate',
        '--no-policy',
        '--no-start',
        '--json',
      );
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        tenant: 'contoso',
        changes: { create: 0, update: 0, replace: 0, delete: 0, same: expect.any(Number) },
        outputs: { tenant: 'contoso', keyVaultUrl: expect.stringMatching(/^https:/) },
      });
    });

    it('refuses to delete evidence with exit code 1, and says how to leave', async () => {
      const { code, stderr } = await tocsin('destroy', 'contoso', '--simulate');
      expect(code).toBe(1);
      expect(stderr).toContain('Nothing was deleted.');
      expect(stderr).toContain('tocsin tenant destroy contoso --keep-evidence');
    });

    it('says all that is wrong with the settings at once, with exit code 78', async () => {
      const { code, stdout, stderr } = await tocsin(
        ...['init', 'fabrikam', '--simulate', '--json', '--set', 'region=mars', '--set', 'partitions=many'],
        ...['--set', 'lockEvidence=true'],
      );
      expect(code, stderr).toBe(78);
      const { ready, faults } = JSON.parse(stdout) as { ready: boolean; faults: string[] };
      expect(ready).toBe(false);
      expect(faults).toEqual([
        expect.stringMatching(/^region /),
        expect.stringMatching(/^partitions /),
        expect.stringMatching(/^lockEvidence .*lockEvidence=false first/),
      ]);
    });

    it('lists the tenants that have a stack, and knows no others', async () => {
      expect(JSON.parse((await tocsin('list', '--simulate', '--json')).stdout)).toEqual({
        items: [{ tenant: 'contoso' }, { tenant: 'fabrikam' }],
      });
      expect(await tocsin('destroy', 'nobody', '--simulate')).toMatchObject({ code: 1 });
      expect(await tocsin('destroy', 'No_Slug', '--simulate')).toMatchObject({ code: 2 });
    });
  },
);
