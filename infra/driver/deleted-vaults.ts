import * as authorization from '@pulumi/azure-native/authorization/index.js';
import { createGraphReader } from '#infra/driver/graph-reader.ts';
import type { Step } from '#infra/driver/step.ts';

/** A vault that a run would make. */
export interface PlannedVault {
  readonly name: string;
  readonly region: string;
  readonly group: string;
}

/** A vault of that name that was deleted and cannot be purged. `until` is when Azure forgets it by itself (ISO 8601). */
export interface DeletedVault extends PlannedVault {
  readonly until?: string;
}

export interface DeletedVaultsDeps {
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Of Azure Resource Manager, without a slash at the end; Microsoft's where it is absent. */
  readonly armUrl?: string;
}

const resourceManager = 'https://management.azure.com';
const version = '2023-07-01';

/** The vaults among the steps of a preview that are new. A preview knows the name of a group that is new only from the group itself. */
export function plannedVaults(steps: readonly Pick<Step, 'op' | 'type' | 'inputs'>[]): readonly PlannedVault[] {
  const created = (type: string) => steps.filter((one) => one.op === 'create' && one.type === type);
  const [newGroup] = created('azure-native:resources:ResourceGroup');
  return created('azure-native:keyvault:Vault').flatMap(({ inputs }) => {
    const { vaultName: name, location: region } = inputs;
    const group = (newGroup?.inputs ?? inputs)['resourceGroupName'];
    return typeof name === 'string' && typeof region === 'string' ? [{ name, region, group: String(group) }] : [];
  });
}

/**
 * Asks Azure which of them are there as deleted ones; it runs inside a program. A name stays taken until the days of soft delete are over, and Azure would
 * say so only when half of the stack is made ("Vaults - Get Deleted", learn.microsoft.com). Throws an `Error` in words where Azure does not say.
 */
export async function findDeletedVaults(
  vaults: readonly PlannedVault[],
  deps: DeletedVaultsDeps,
): Promise<readonly DeletedVault[]> {
  const { subscriptionId } = await authorization.getClientConfig();
  const { armUrl = resourceManager, sleep } = deps;
  const read = createGraphReader({
    ...{ url: armUrl, sleep, service: 'Azure' },
    token: async () => (await authorization.getClientToken({ endpoint: resourceManager })).token,
  });
  const found = await Promise.all(
    vaults.map(async (vault) => {
      const at = `/subscriptions/${subscriptionId}/providers/Microsoft.KeyVault/locations/${vault.region}/deletedVaults/${vault.name}`;
      const answer = await read(`${at}?api-version=${version}`);
      if (answer === undefined) return [];
      const until = (answer['properties'] as { readonly scheduledPurgeDate?: unknown } | undefined)?.scheduledPurgeDate;
      return [{ ...vault, ...(typeof until === 'string' ? { until } : {}) }];
    }),
  );
  return found.flat();
}

/** What a person does about them, as lines. */
export function deletedVaultLines(slug: string, deleted: readonly DeletedVault[]): readonly string[] {
  const groups = new Map(deleted.map(({ group, region }) => [group, region]));
  return [
    ...deleted.map(
      ({ name, until }) =>
        `  ${name} was deleted with an earlier stack, and nobody can purge it${until === undefined ? '' : `; Azure keeps its name until ${until}`}`,
    ),
    'Either take another slug, as names follow it (tocsin tenant init <slug>), or wait until then.',
    'Or have the vaults back with their keys, and adopt them:',
    ...[...groups].map(([group, region]) => `  az group create --name ${group} --location ${region}`),
    ...deleted.map(
      ({ name, region, group }) =>
        `  az keyvault recover --name ${name} --location ${region} --resource-group ${group}`,
    ),
    `  pulumi preview --stack ${slug} --import-file adopt.json`,
    '  in adopt.json leave the components, the resource group, the vaults with their keys and secrets, and enter their ids; then',
    `  pulumi import --stack ${slug} --file adopt.json --protect=false --generate-code=false`,
    `  tocsin tenant up ${slug}`,
  ];
}
