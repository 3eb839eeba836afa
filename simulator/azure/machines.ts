import type { CloudResource } from '#simulator/azure/cloud-folder.ts';
import { diffInputs } from '#simulator/azure/diff.ts';
import type { Bag } from '#simulator/azure/wire.ts';

export const machineType = 'azure-native:compute:VirtualMachine';

/** Parts of a machine that are set once, from the reference ("Virtual Machines - Create Or Update", learn.microsoft.com). */
const setOnce = [
  'osProfile.computerName',
  'osProfile.adminUsername',
  'osProfile.customData',
  'osProfile.linuxConfiguration.ssh',
  'storageProfile.imageReference',
];

/** The answer of Azure Resource Manager to a change of a machine that it does not allow; the provider sends it all the same. Undefined where it does. */
export function refusedChange(before: Bag, after: Bag): string | undefined {
  const { changed } = diffInputs(before, after);
  const target = setOnce.find((one) => changed.some(({ path }) => `${path}.`.replace('[', '.').startsWith(`${one}.`)));
  return target === undefined
    ? undefined
    : `Status=409 Code="PropertyChangeNotAllowed" Message="Changing property '${target}' is not allowed." Target="${target}"`;
}

/** A disk or a network interface of a machine, and whether it goes with the machine. */
interface Attached {
  readonly id: string;
  readonly deleted: boolean;
}

/** What was made by itself and is attached to a machine. */
export function attachedTo(machine: Bag): readonly Attached[] {
  const cards = listOf(bagOf(machine['networkProfile'])['networkInterfaces']);
  const disks = listOf(bagOf(machine['storageProfile'])['dataDisks']);
  return [
    ...cards.map((one) => ({ one, id: one['id'] })),
    ...disks.map((one) => ({ one, id: bagOf(one['managedDisk'])['id'] })),
  ].flatMap(({ one, id }) =>
    typeof id === 'string' ? [{ id: id.toLowerCase(), deleted: one['deleteOption'] === 'Delete' }] : [],
  );
}

/** The refusal of something that another machine holds; undefined where it is free. */
export function heldByAnother(ids: readonly string[], cloud: readonly CloudResource[]): string | undefined {
  for (const { type, id, inputs } of cloud) {
    if (type !== machineType) continue;
    const held = attachedTo(inputs).find((one) => ids.includes(one.id));
    if (held !== undefined)
      return `Status=409 Code="ConflictingUserInput" Message="'${held.id}' cannot be attached or deleted as it is already owned by VM '${id}'."`;
  }
  return undefined;
}

const bagOf = (value: unknown): Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Bag) : {};
const listOf = (value: unknown): readonly Bag[] => (Array.isArray(value) ? value.map(bagOf) : []);
