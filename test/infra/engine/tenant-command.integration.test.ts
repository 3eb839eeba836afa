import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { callsIn, shellLines, textOf } from '#test/docs/documents.ts';
import { noEngine, savedOnce } from '#test/infra/engine/engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-tenant-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function tocsin(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['bin/tocsin.mjs', '--state-dir', folder, 'tenant', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...savedOnce, NO_COLOR: '1' },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => (stdout += String(text)));
    child.stderr.on('data', (text) => (stderr += String(text)));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Files of the simulated cloud, one for each resource. */
function inCloud(): readonly string[] {
  const cloud = join(folder, 'simulated-azure', 'cloud');
  if (!existsSync(cloud)) return [];
  return readdirSync(cloud)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(cloud, name));
}

// One simulated Azure, in order: each test goes on with what the one before it left.
describe.skipIf(noEngine !== undefined)(
  `tocsin tenant${noEngine === undefined ? '' : ` (skipped: ${noEngine})`}`,
  () => {
    it('says in a preview, with its policies, what it would make, what that costs and whom it talks to, and makes nothing', async () => {
      const { code, stdout, stderr } = await tocsin('preview', 'contoso', '--simulate', '--json');
      expect(code, stderr).toBe(0);
      const document = JSON.parse(stdout) as { changes: { create: number }; resources: object[]; outbound: object[] };
      expect(document).toMatchObject({
        tenant: 'contoso',
        changes: { create: expect.any(Number), update: 0, replace: 0, delete: 0 },
        cost: { currency: 'USD', per: 'month', estimate: true },
      });
      expect(document.changes.create).toBeGreaterThan(100);
      expect(document.resources).toContainEqual(
        expect.objectContaining({ op: 'create', name: 'evidence-storage', component: 'Evidence' }),
      );
      expect(document.outbound).toContainEqual(
        expect.objectContaining({ host: 'contoso.mesdb.eventstore.cloud', port: 2113, flagged: true }),
      );
      expect(stdout + stderr).not.toMatch(/esdb\+discover:\/\/tocsin:/);
      expect(inCloud()).toEqual([]);
    });

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

    it('says that nothing differs from what was made, with exit code 1 what somebody changed by hand, and puts it back when told to', async () => {
      const status = await tocsin('status', 'contoso', '--simulate', '--json');
      expect(status.code, status.stderr).toBe(0);
      const { resources, ...rest } = JSON.parse(status.stdout) as { resources: number };
      expect(resources).toBeGreaterThan(100);
      expect(rest).toMatchObject({
        ...{ tenant: 'contoso', desk: true, pending: [], drift: [] },
        outputs: { tenant: 'contoso' },
      });

      const namespace = inCloud().find((file) => readFileSync(file, 'utf8').includes(':eventhub:Namespace"')) ?? '';
      const before = readFileSync(namespace, 'utf8');
      writeFileSync(namespace, before.replace('"disableLocalAuth": true', '"disableLocalAuth": false'));
      const drifted = await tocsin('status', 'contoso', '--simulate');
      expect(drifted.code, drifted.stderr).toBe(1);
      expect(drifted.stdout).toMatch(/^contoso: \d+ resources$/m);
      expect(drifted.stdout).toMatch(
        /namespace was changed: disableLocalAuth is false and was true; `up --refresh` puts it back/,
      );
      const again = await tocsin('up', 'contoso', '--simulate', '--refresh', '--no-policy', '--no-start', '--json');
      expect(again.code, again.stderr).toBe(0);
      expect(JSON.parse(again.stdout)).toMatchObject({ changes: { create: 0, update: 1, replace: 0, delete: 0 } });
      expect(readFileSync(namespace, 'utf8')).toContain('"disableLocalAuth": true');
    });

    it('refuses to delete evidence with exit code 1, and says how to leave', async () => {
      const { code, stderr } = await tocsin('destroy', 'contoso', '--simulate');
      expect(code).toBe(1);
      expect(stderr).toContain('Nothing was deleted.');
      expect(stderr).toContain('npx tocsin tenant destroy contoso --keep-evidence --simulate');
    });

    it('deletes the rest where somebody says so, and leaves evidence where it is', async () => {
      const all = inCloud().length;
      const { code, stdout, stderr } = await tocsin('destroy', 'contoso', '--simulate', '--keep-evidence', '--json');
      expect(code, stderr).toBe(0);
      const { tenant, changes, kept } = JSON.parse(stdout) as {
        tenant: string;
        changes: { delete: number };
        kept: string[];
      };
      expect(tenant).toBe('contoso');
      expect(kept).toEqual(expect.arrayContaining(['resource-group', 'evidence-storage', 'evidence-lock', 'vault']));
      expect(kept).not.toContain('desk');
      expect(changes.delete).toBeGreaterThan(50);
      // What is left in Azure is what the state still has: nothing is forgotten there.
      expect(inCloud()).toHaveLength(kept.length);
      expect(inCloud()).toHaveLength(all - changes.delete);
      expect(inCloud().filter((file) => readFileSync(file, 'utf8').includes(':app:ContainerApp"'))).toEqual([]);
      expect(inCloud().some((file) => readFileSync(file, 'utf8').includes('immutableStorageWithVersioning'))).toBe(
        true,
      );
    });

    it('says afterwards what was kept, and nothing of what is gone', async () => {
      const { code, stdout, stderr } = await tocsin('status', 'contoso', '--simulate');
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(/^contoso: \d+ resources and no desk: nothing watches here$/m);
      expect(stdout).toMatch(/^ {2}storage account evidence-storage: evidence/m);
      expect(stdout).not.toContain('deskUrl');
    });

    it('keeps the settings of the example in the guide, with which nothing is missing', async () => {
      const [example = ''] = shellLines(textOf('docs/deploy.md')).filter((line) =>
        line.includes('tenant init contoso'),
      );
      const [[, , , ...given] = []] = callsIn(example);
      writeFileSync(join(folder, 'log-connection'), 'esdb://tocsin:a-password@log.contoso.com:2113\n');
      writeFileSync(join(folder, 'temporal-key'), 'an-api-key-of-temporal-cloud\n');
      const filled = given.map((word) =>
        word
          .replace('=./', `=${folder}/`)
          .replace('sha256:…', `sha256:${'a'.repeat(64)}`)
          .replace(
            '/subscriptions/…',
            `/subscriptions/${randomUUID()}/resourceGroups/x/providers/Microsoft.ContainerRegistry`,
          ),
      );
      const { code, stderr } = await tocsin('init', 'fabrikam', '--simulate', ...filled);
      expect(code, stderr).toBe(0);
      expect(stderr).toContain('next: npx tocsin tenant preview fabrikam --simulate');
      expect(stderr).not.toContain('a-password');
      expect(readFileSync(join(folder, 'simulated-azure', 'Pulumi.fabrikam.yaml'), 'utf8')).not.toContain('a-password');
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
