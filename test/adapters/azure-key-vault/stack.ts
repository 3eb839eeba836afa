import { randomUUID } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { type Master, type MasterDeps, type MasterEvent, openMaster } from '#adapters/azure-key-vault/master.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import type { KeyVaultSimulator } from '#simulator/key-vault/options.ts';
import { createKeyVaultSimulator } from '#simulator/key-vault/simulator.ts';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';
import { startAzurite } from '#test/adapters/azure-blob/azurite.ts';
import { type BlobProxy, startBlobProxy } from '#test/adapters/azure-key-vault/blob-proxy.ts';

export const vaultHost = 'kv-contoso-ab12.vault.azure.net';
const goodToken = 'a-token-for-the-vault';

/** A simulated vault and the emulator of Blob storage, for one file of tests. */
export interface TestStack {
  readonly vault: KeyVaultSimulator;
  readonly proxy: BlobProxy;
  readonly credential: TokenCredential;
  readonly transport: { readonly ca: string; readonly addresses: Readonly<Record<string, string>> };
  /** Every line that the vault logged and every event that a master reported. */
  readonly said: string[];
  /** A container that nobody used before, and a key in the vault: one that all share, or one of its own. */
  place(ownKey?: 'own key'): Promise<TestPlace>;
  stop(): Promise<void>;
}

export interface TestPlace {
  readonly keyName: string;
  /** As the tests see it, past the proxy. */
  readonly container: ContainerClient;
  open(more?: Partial<MasterDeps>): Promise<Master>;
  events(): readonly MasterEvent[];
  /** Closes every master that was opened. */
  close(): Promise<void>;
  /** Name and bytes of every blob. */
  blobs(): Promise<ReadonlyMap<string, Buffer>>;
}

export async function startStack(): Promise<TestStack> {
  const said: string[] = [];
  const azurite = await startAzurite();
  const proxy = await startBlobProxy(Number(new URL(azurite.url).port));
  const authority = createCertificateAuthority(Date.now());
  const vault = await createKeyVaultSimulator({
    clock: systemClock,
    ids: systemIds,
    tls: authority.issue([vaultHost], Date.now()),
    vaultHost,
    authorization: `https://login.microsoftonline.com/${randomUUID()}`,
    checkToken: (token) => (token === goodToken ? { ok: true } : { ok: false, reason: 'unknown' }),
    slowMs: 60_000,
    retryAfterSeconds: 1,
    log: (line) => said.push(line),
  });
  await vault.createKey('master');
  const credential: TokenCredential = {
    getToken: async (scopes) => {
      said.push(`token for ${scopes}`);
      return { token: goodToken, expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
  const key = /AccountKey=([^;]+)/.exec(azurite.connectionString)?.[1] ?? '';
  const storage = new StorageSharedKeyCredential('devstoreaccount1', key);
  const transport = { ca: authority.cert, addresses: { [vaultHost]: `127.0.0.1:${vault.port}` } };
  return {
    vault,
    proxy,
    credential,
    transport,
    said,
    async place(ownKey) {
      const name = `subject-keys-${randomUUID()}`;
      const keyName = ownKey === undefined ? 'master' : `master-${randomUUID()}`;
      const container = new ContainerClient(`${azurite.url}/${name}`, storage);
      await container.create();
      if (ownKey !== undefined) await vault.createKey(keyName);
      const opened: Master[] = [];
      const events: MasterEvent[] = [];
      return {
        keyName,
        container,
        async open(more = {}) {
          const master = await openMaster({
            keyUrl: `https://${vaultHost}/keys/${keyName}`,
            container: {
              containerUrl: `${proxy.origin}/devstoreaccount1/${name}`,
              credential: storage,
              timeoutMs: 1_000,
            },
            credential,
            transport,
            clock: systemClock,
            rotationCheckMs: 0,
            vaultTimeoutMs: 5_000,
            report: (event) => {
              events.push(event);
              said.push(JSON.stringify(event));
            },
            ...more,
          });
          opened.push(master);
          return master;
        },
        events: () => events,
        async close() {
          for (const master of opened) await master.close();
        },
        async blobs() {
          const found = new Map<string, Buffer>();
          for await (const { name: blob } of container.listBlobsFlat()) {
            found.set(blob, await container.getBlobClient(blob).downloadToBuffer());
          }
          return found;
        },
      };
    },
    async stop() {
      await proxy.close();
      await vault.close();
      await azurite.stop();
    },
  };
}
