import * as authorization from '@pulumi/azure-native/authorization/index.js';
import * as azuread from '@pulumi/azuread';
import * as pulumi from '@pulumi/pulumi';
import { armId } from '#infra/driver/arm-ids.ts';

/** A resource of which nobody knows whether it was made. */
export interface Doubtful {
  readonly urn: string;
  readonly type: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/**
 * Asks the cloud, through the providers themselves, which doubtful resources there are; it runs inside a program. In Azure the name says the id, so what is
 * not there shows when it is read; the directory invents ids and has to be asked by name.
 * @returns ids by URN
 */
export async function findExisting(doubtful: readonly Doubtful[]): Promise<Readonly<Record<string, string>>> {
  const { subscriptionId } = await authorization.getClientConfig();
  const found = await Promise.all(
    doubtful.map(async ({ urn, type, inputs = {} }) => {
      const id = type.startsWith('azuread:') ? await idInDirectory(type, inputs) : armId(type, inputs, subscriptionId);
      return id === undefined ? [] : [[urn, id] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}

async function idInDirectory(type: string, inputs: Readonly<Record<string, unknown>>): Promise<string | undefined> {
  const { displayName, clientId } = inputs;
  try {
    if (type.endsWith(':Application') && typeof displayName === 'string') {
      const { id, objectId } = await azuread.getApplication({ displayName });
      return id.startsWith('/') ? id : `/applications/${objectId}`;
    }
    if (type.endsWith(':ServicePrincipal') && typeof clientId === 'string') {
      const { id, objectId } = await azuread.getServicePrincipal({ clientId });
      return id.startsWith('/') ? id : `/servicePrincipals/${objectId}`;
    }
  } catch (error) {
    // Not there, or there twice: nothing to take over. The words of the provider are for the log of the engine.
    void pulumi.log.debug(String(error));
  }
  return undefined;
}
