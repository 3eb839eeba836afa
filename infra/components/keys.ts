import * as keyvault from '@pulumi/azure-native/keyvault/index.js';
import * as pulumi from '@pulumi/pulumi';
import { type Built, createComponent, kept, type StackContext, tagsOf } from '#infra/components/component.ts';
import type { Foundation } from '#infra/components/foundation.ts';
import { lockInProduction } from '#infra/components/lock.ts';
import { createContainer, createPlainStorage } from '#infra/components/storage.ts';
import { createSecret, inVault, vaultArgs } from '#infra/components/vault.ts';
import { innerNames } from '#infra/names.ts';
import { type VaultSecretName, vaultSecrets } from '#infra/vault-secrets.ts';

/** Keys and secrets of a stack. */
export interface Keys {
  readonly vaultId: pulumi.Output<string>;
  /** `https://<vault>.vault.azure.net`. */
  readonly vaultUrl: string;
  readonly masterKeyId: pulumi.Output<string>;
  /** URL of the master key without a version: a rotation changes no setting. */
  readonly masterKeyUrl: pulumi.Output<string>;
  readonly subjectKeysAccountId: pulumi.Output<string>;
  readonly subjectKeysContainerId: pulumi.Output<string>;
  readonly subjectKeysUrl: pulumi.Output<string>;
  /** Absent where one identity has all roles. */
  readonly signIns?: SignIns;
  /** Resource ids of the secrets that the stack keeps in the vault. */
  readonly secretIds: Readonly<Partial<Record<VaultSecretName, pulumi.Output<string>>>>;
}

/** A key and a container of their own for what ingest and triage need not read. */
export interface SignIns {
  readonly keyId: pulumi.Output<string>;
  /** Without a version, as `masterKeyUrl`. */
  readonly keyUrl: pulumi.Output<string>;
  readonly containerId: pulumi.Output<string>;
  readonly containerUrl: pulumi.Output<string>;
}

/**
 * The key vault with the master key and the settings that are secret, and the storage of the wrapped keys of persons. The certificates of rich notices are
 * not in the vault: the worker makes them and keeps their private keys as blobs in that storage, sealed under the master key (ADR 14).
 */
export function createKeys(context: StackContext, foundation: Foundation): Built<Keys> {
  const { settings, names } = context;
  return createComponent('Keys', (parent) => {
    const { resourceGroupName } = foundation;
    const tags = tagsOf(context, 'Keys');
    const vault = new keyvault.Vault(
      'vault',
      {
        resourceGroupName,
        location: settings.region,
        tags,
        vaultName: names.keyVault.value,
        properties: vaultArgs(context, foundation),
      },
      kept(context, parent),
    );
    const wrappingKey = (name: string, keyName: string) =>
      new keyvault.Key(
        name,
        {
          resourceGroupName,
          vaultName: vault.name,
          keyName,
          tags,
          properties: {
            kty: 'RSA',
            keySize: 3072,
            keyOps: ['wrapKey', 'unwrapKey'],
            attributes: { enabled: true, exportable: false },
            // Old versions stay: what they wrapped can be unwrapped for ever, and is wrapped anew when it is next used.
            rotationPolicy: {
              lifetimeActions: [{ action: { type: 'rotate' }, trigger: { timeAfterCreate: 'P1Y' } }],
            },
          },
        },
        { ...kept(context, parent), ...inVault },
      );
    const master = wrappingKey('master-key', innerNames.masterKey);
    lockInProduction(context, parent, {
      name: 'vault',
      scope: vault.id,
      notes: 'Without the master key nothing personal in the record can be read again.',
    });
    const secretIds: Partial<Record<VaultSecretName, pulumi.Output<string>>> = {};
    for (const { name, value } of vaultSecrets(settings)) {
      secretIds[name] = createSecret(context, parent, {
        name: `secret-${name}`,
        kind: 'Keys',
        resourceGroupName,
        vault,
        secretName: name,
        value: pulumi.secret(value),
      }).id;
    }
    const account = createPlainStorage(context, parent, {
      name: 'subject-keys',
      kind: 'Keys',
      account: names.keyStorage,
      foundation,
      options: kept(context, parent),
    });
    const containerOf = (name: string, inAccount: string) =>
      createContainer(parent, {
        ...{ name, resourceGroupName, account, container: inAccount },
        options: kept(context, parent),
      });
    const container = containerOf('subject-keys-container', innerNames.subjectKeysContainer);
    lockInProduction(context, parent, {
      name: 'subject-keys',
      scope: account.id,
      notes: 'Wrapped keys of persons: one is deleted to erase a person, all of them never.',
    });
    const vaultUrl = `https://${names.keyVault.value}.vault.azure.net`;
    const urlOf = (inAccount: pulumi.Output<string>) =>
      pulumi.interpolate`https://${account.name}.blob.core.windows.net/${inAccount}`;
    // One process with one identity would only have a second door to the same room.
    const createSignIns = (): SignIns => {
      const key = wrappingKey('sign-in-key', innerNames.signInKey);
      const own = containerOf('sign-ins-container', innerNames.signInsContainer);
      return {
        ...{ keyId: key.id, containerId: own.id, containerUrl: urlOf(own.name) },
        keyUrl: pulumi.interpolate`${vaultUrl}/keys/${innerNames.signInKey}`,
      };
    };
    return {
      vaultId: vault.id,
      vaultUrl,
      masterKeyId: master.id,
      masterKeyUrl: pulumi.interpolate`${vaultUrl}/keys/${innerNames.masterKey}`,
      subjectKeysAccountId: account.id,
      subjectKeysContainerId: container.id,
      subjectKeysUrl: urlOf(container.name),
      ...(settings.log === 'embedded' ? {} : { signIns: createSignIns() }),
      secretIds,
    };
  });
}
