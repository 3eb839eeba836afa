import * as z from 'zod';
import { type Role, roles } from '#infra/names.ts';
import type { CloudResource } from '#simulator/azure/cloud-folder.ts';
import type { Bag } from '#simulator/azure/wire.ts';
import type { SimulatedIdentity } from '#simulator/managed-identity/tokens.ts';

/** What an `up` in the simulated Azure left, as far as somebody has to know who starts Tocsin from it. */
export interface DeployedStack {
  readonly tenant: string;
  /** Directory (tenant) id. */
  readonly tenantId: string;
  readonly deskUrl: string;
  readonly notificationUrl: string;
  /** By role: name to value, or to the URL of a secret after `secret:` (its value) or `file:` (a file that holds it). */
  readonly settings: Readonly<Record<Role, Readonly<Record<string, string>>>>;
  /** What runs as a process of its own. */
  readonly units: readonly DeployedUnit[];
  readonly resources: readonly CloudResource[];
}

/** One container app with one role, or the one machine of a small tenant with all of them. */
export interface DeployedUnit {
  readonly kind: 'app' | 'machine';
  /** The role, or `machine`. */
  readonly name: string;
  readonly roles: readonly Role[];
  readonly identity: SimulatedIdentity;
  /** Of all its roles together. */
  readonly settings: Readonly<Record<string, string>>;
}

const outputsSchema = z.object({
  tenant: z.string(),
  resourceGroup: z.string(),
  deskUrl: z.string(),
  notificationUrl: z.string(),
  roleSettings: z.record(z.enum(roles), z.record(z.string(), z.string())),
});

/**
 * @param outputs of the stack
 * @param all resources of the simulated cloud; those of other tenants' stacks count for nothing
 * @throws where the stack has neither an app for each role nor a machine for all
 */
export function readDeployedStack(outputs: unknown, all: readonly CloudResource[]): DeployedStack {
  const { tenant, resourceGroup, deskUrl, notificationUrl, roleSettings } = outputsSchema.parse(outputs);
  const resources = all.filter((one) => isOf(one, tenant, resourceGroup));
  const identityOf = (path: string): SimulatedIdentity | undefined => {
    const holder = resources.find(({ id }) => id.endsWith(path));
    const [own] = textsOf(bagOf(holder?.inputs['identity'])['userAssignedIdentities']);
    const computed = resources.find(({ id }) => id === own)?.computed;
    if (computed === undefined) return undefined;
    return { clientId: String(computed['clientId']), principalId: String(computed['principalId']) };
  };
  const machine = identityOf(`/virtualMachines/vm-${tenant}`);
  const units = (machine === undefined ? roles : []).map((role): DeployedUnit => {
    const identity = identityOf(`/containerApps/ca-${tenant}-${role}`);
    if (identity === undefined) throw new Error(`the stack has no container app with an identity for ${role}`);
    return { kind: 'app', name: role, roles: [role], identity, settings: roleSettings[role] };
  });
  const everything = Object.assign({}, ...Object.values(roleSettings)) as Readonly<Record<string, string>>;
  return {
    ...{ tenant, deskUrl, notificationUrl, resources },
    tenantId: roleSettings.worker['TOCSIN_TENANT'] ?? '',
    settings: roleSettings,
    units:
      machine === undefined
        ? units
        : [{ kind: 'machine', name: 'machine', roles, identity: machine, settings: everything }],
  };
}

/** What a role runs in. */
export function unitOf({ units }: Pick<DeployedStack, 'units'>, role: Role): DeployedUnit {
  const found = units.find((one) => one.roles.includes(role));
  if (found === undefined) throw new Error(`nothing runs ${role}`);
  return found;
}

/** Names of applications begin with the tenant; what else is in the directory belongs to one of them by its id. */
function isOf({ id, type, inputs }: CloudResource, tenant: string, resourceGroup: string): boolean {
  if (type === 'azuread:index/application:Application')
    return String(inputs['displayName']).startsWith(`Tocsin ${tenant}: `);
  if (type.startsWith('azuread:')) return true;
  return `${id.toLowerCase()}/`.includes(`/resourcegroups/${resourceGroup.toLowerCase()}/`);
}

/** An object inside a resource; empty where there is none. */
export function bagOf(value: unknown): Bag {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Bag) : {};
}

/** A list of texts inside a resource. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** Resources of one type. */
export function ofType(stack: Pick<DeployedStack, 'resources'>, type: string): readonly CloudResource[] {
  return stack.resources.filter((one) => one.type === type);
}

/** What runs as an identity. */
export function nameOf({ units }: Pick<DeployedStack, 'units'>, clientId: string): string {
  return units.find(({ identity }) => identity.clientId === clientId)?.name ?? clientId;
}
