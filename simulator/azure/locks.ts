import type { CloudFolder } from '#simulator/azure/cloud-folder.ts';
import type { Provider } from '#simulator/azure/provider.ts';

const lockType = 'azure-native:authorization:ManagementLockByScope';
const lockId = /^(\/subscriptions\/.+)\/providers\/Microsoft\.Authorization\/locks\/([^/]+)$/i;

/**
 * Makes or deletes a lock ("Management Locks - Create Or Update By Scope", "- Delete By Scope", learn.microsoft.com).
 * @returns status of the answer; undefined for what is no lock
 */
export function changeLock(
  { cloud, azure }: { readonly cloud: CloudFolder; readonly azure: Pick<Provider, 'create'> },
  method: string,
  id: string,
  body: string,
): number | undefined {
  const [, scope, lockName] = lockId.exec(id) ?? [];
  if (scope === undefined || lockName === undefined) return undefined;
  const was = cloud.remove(id);
  if (method === 'DELETE') return was ? 200 : 204;
  const { properties } = JSON.parse(body) as {
    readonly properties: { readonly level: string; readonly notes: string };
  };
  const inputs = { scope, lockName, ...properties };
  const made = azure.create(lockType, inputs);
  if (!made.ok) return 409;
  cloud.put({ id: made.id, type: lockType, inputs, computed: made.computed });
  return was ? 200 : 201;
}
