import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BlobServiceClient, type ContainerClient, ContainerSASPermissions } from '@azure/storage-blob';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '#adapters/temporal/dev-server/ports.ts';
import { startAzurite } from '#test/adapters/azure-blob/azurite.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryFolder } from '#test/support/temporary-folder.ts';
import { startTocsin, type TocsinProcess, tocsin } from '#test/support/tocsin-process.ts';

interface Row {
  readonly name: string;
  readonly state: string;
  readonly word: string;
}

/** The row of the admin page about checkpoints. */
async function rowOf(system: TocsinProcess): Promise<Row | undefined> {
  const answer = await fetch(`${system.endpoints['desk']}/api/health`);
  return ((await answer.json()) as { readonly rows: readonly Row[] }).rows.find(
    ({ name }) => name === 'checkpoints of the record',
  );
}

async function namesIn(container: ContainerClient): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of container.listBlobsFlat()) names.push(name);
  return names;
}

describe('evidence', () => {
  it('gets a checkpoint of the record from the desk, which the log folds to, and a changed one is told from it', {
    timeout: 120_000,
  }, async () => {
    const azurite = await startAzurite();
    onTestFinished(() => azurite.stop());
    const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
      'checkpoints',
    );
    await container.create();
    const signed = await container.generateSasUrl({
      permissions: ContainerSASPermissions.parse('racl'),
      expiresOn: new Date(Date.now() + 3_600_000),
    });
    const folder = temporaryFolder();
    const first = await startTocsin(folder, ['--simulate']);
    expect((await tocsin(folder, ['simulate', 'call', '--wait'])).code).toBe(0);
    expect(await rowOf(first)).toBeUndefined();
    await first.end('SIGTERM');

    const system = await startTocsin(folder, ['--simulate'], {
      TOCSIN_EVIDENCE: `${azurite.url}${new URL(signed).search}`,
    });
    const name = await eventually('a checkpoint is there', async () => (await namesIn(container))[0]);
    expect(name).toMatch(/^\d{4}\/\d\d\/\d\d\/\d\d\.json$/);
    expect(await eventually('the page says so', async () => (await rowOf(system))?.word === 'put every hour')).toBe(
      true,
    );

    const bytes = await container.getBlobClient(name).downloadToBuffer();
    const checkpoint = JSON.parse(bytes.toString()) as {
      readonly readModels: Record<string, { digest: string; rows: number }>;
    };
    expect(Object.keys(checkpoint.readModels)).toEqual(['emergencies', 'audit', 'health', 'watch']);
    expect(checkpoint.readModels['emergencies']?.rows).toBeGreaterThan(0);
    const file = join(folder, 'checkpoint.json');
    writeFileSync(file, bytes);
    const equal = await tocsin(folder, ['audit', 'replay', '--checkpoint', file]);
    expect(equal.stdout).toContain('the log folds to what the checkpoint says');
    expect(equal.code).toBe(0);
    const { emergencies } = checkpoint.readModels;
    if (emergencies !== undefined) emergencies.digest = '0'.repeat(64);
    writeFileSync(file, JSON.stringify(checkpoint));
    const different = await tocsin(folder, ['audit', 'replay', '--checkpoint', file]);
    expect(different.stdout).toContain('DIFFERENT');
    expect(different.code).toBe(1);
    delete checkpoint.readModels['emergencies'];
    writeFileSync(file, JSON.stringify(checkpoint));
    const less = await tocsin(folder, ['audit', 'replay', '--checkpoint', file]);
    expect(less.stdout).toMatch(/not compared +emergencies/);
    expect(less.stdout).not.toMatch(/^EQUAL/m);
    expect(less.code).toBe(1);
    writeFileSync(file, '{}');
    expect((await tocsin(folder, ['audit', 'replay', '--checkpoint', file])).stderr).toContain('is no checkpoint');

    expect(await system.end('SIGTERM')).toBe(0);
    expect(system.said()).toContain('a checkpoint of the record was put');
    // The signature of the address is a secret.
    expect(system.said()).not.toContain('sig=');
    expect(readFileSync(join(folder, 'checkpoint.json'), 'utf8')).not.toContain('sig=');
  });

  it('that cannot be reached holds up no desk, neither while it runs nor when it stops', {
    timeout: 60_000,
  }, async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}/devstoreaccount1?sv=2026-02-06&sig=c2VjcmV0`;
    const system = await startTocsin(temporaryFolder(), ['desk'], { TOCSIN_EVIDENCE: nowhere });
    await eventually('the page warns', async () => (await rowOf(system))?.state === 'warning');
    expect(await rowOf(system)).toMatchObject({ word: 'the evidence storage does not answer' });
    expect((await fetch(`${system.endpoints['desk']}/health/ready`)).status).toBe(200);
    expect(await system.end('SIGTERM')).toBe(0);
    expect(system.said()).not.toContain('c2VjcmV0');
  });
});
