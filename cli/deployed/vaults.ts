import { randomUUID } from 'node:crypto';
import { request } from 'node:https';
import { mappedAgent } from '#adapters/azure-key-vault/transport.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { systemIds } from '#adapters/system/ids.ts';
import type { Access } from '#cli/deployed/access.ts';
import { bagOf, type DeployedStack, nameOf, ofType } from '#cli/deployed/deployed-stack.ts';
import type { KeyVaultSimulator } from '#simulator/key-vault/options.ts';
import { createKeyVaultSimulator } from '#simulator/key-vault/simulator.ts';
import type { ManagedIdentitySimulator } from '#simulator/managed-identity/simulator.ts';
import type { CertificateAuthority } from '#simulator/tls/certificate-authority.ts';

/** The vaults of a stack, with the keys and secrets that it put there. */
export interface Vaults {
  readonly addresses: Readonly<Record<string, string>>;
  readonly simulators: readonly KeyVaultSimulator[];
  /** The value of a secret, as an app's platform reads it with the app's identity. */
  readSecret(url: string, token: string): Promise<string>;
  close(): Promise<void>;
}

export const vaultAudience = 'https://vault.azure.net';

/** Starts a simulator for each vault; who may do what in it is decided by the role assignments of the stack. */
export async function startVaults(
  stack: DeployedStack,
  given: {
    readonly authority: CertificateAuthority;
    readonly identity: ManagedIdentitySimulator;
    readonly access: Access;
    readonly onRefused: (detail: string) => void;
  },
): Promise<Vaults> {
  const { authority, identity, access } = given;
  const deployer = randomUUID();
  const simulators = new Map<string, KeyVaultSimulator>();
  for (const { id, inputs } of ofType(stack, 'azure-native:keyvault:Vault')) {
    const vaultHost = `${String(inputs['vaultName'])}.vault.azure.net`;
    simulators.set(
      vaultHost,
      await createKeyVaultSimulator({
        ...{ clock: systemClock, ids: systemIds, vaultHost, purgeProtection: true },
        tls: authority.issue([vaultHost], systemClock.now()),
        authorization: `https://login.microsoftonline.com/${stack.tenantId}`,
        checkToken(token, operation) {
          if (token === deployer) return { ok: true };
          const checked = identity.check(token, vaultAudience);
          if (!checked.ok) return { ok: false, reason: 'unknown' };
          if (access.mayUseVault(checked.principalId, id, operation)) return { ok: true };
          given.onRefused(
            `${vaultHost} refuses ${operation.method} ${operation.path} to ${nameOf(stack, checked.clientId)}`,
          );
          return { ok: false, reason: 'forbidden' };
        },
      }),
    );
  }
  const addresses = Object.fromEntries([...simulators].map(([host, { port }]) => [host, `127.0.0.1:${port}`]));
  const agent = mappedAgent({ ca: authority.cert, addresses });
  const ask = (method: string, url: string, token: string, body?: object) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const asked = request(`${url}?api-version=7.5`, {
        ...{ method, ...(agent === undefined ? {} : { agent }) },
        // Nothing is asked often enough to keep a connection that the vault may close at any moment.
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', connection: 'close' },
      });
      asked.on('error', reject).on('response', (answer) => {
        let text = '';
        answer
          .on('data', (data) => (text += String(data)))
          .on('end', () => {
            if (answer.statusCode === 200) resolve(JSON.parse(text) as Record<string, unknown>);
            else reject(new Error(`${url} answers ${answer.statusCode}`));
          });
      });
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const close = async () => {
    agent?.destroy();
    await Promise.all([...simulators.values()].map((one) => one.close()));
  };
  try {
    for (const { inputs } of ofType(stack, 'azure-native:keyvault:Key'))
      await simulators
        .get(`${String(inputs['vaultName'])}.vault.azure.net`)
        ?.createKey(String(inputs['keyName']), Number(bagOf(inputs['properties'])['keySize'] ?? 2048));
    for (const { inputs } of ofType(stack, 'azure-native:keyvault:Secret'))
      await ask(
        'PUT',
        `https://${String(inputs['vaultName'])}.vault.azure.net/secrets/${String(inputs['secretName'])}`,
        deployer,
        { value: bagOf(inputs['properties'])['value'] },
      );
  } catch (error) {
    await close();
    throw error;
  }
  return {
    addresses,
    simulators: [...simulators.values()],
    readSecret: async (url, token) => String((await ask('GET', url, token))['value']),
    close,
  };
}
