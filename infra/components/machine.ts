import * as compute from '@pulumi/azure-native/compute/index.js';
import * as monitor from '@pulumi/azure-native/monitor/index.js';
import * as network from '@pulumi/azure-native/network/index.js';
import * as pulumi from '@pulumi/pulumi';
import { type ComponentKind, kept, type StackContext, tagsOf } from '#infra/components/component.ts';
import type { Foundation } from '#infra/components/foundation.ts';
import { lockInProduction } from '#infra/components/lock.ts';

/** A virtual machine with one disk that outlives it. */
export interface Machine {
  readonly id: pulumi.Output<string>;
  readonly diskId: pulumi.Output<string>;
}

/** A machine, and what others depend on who have to wait until it does its work. */
interface CreatedMachine {
  readonly machine: Machine;
  /** The machine itself where nobody asked for a command that says when it is ready. */
  readonly ready: pulumi.Resource;
}

/**
 * What Azure sets once, when it makes a machine: a change of it is answered with 409 PropertyChangeNotAllowed ("Virtual Machines - Create Or Update",
 * learn.microsoft.com: "This property cannot be updated after the VM is created"). Every setting and the image are in the custom data, so a machine is
 * made anew when one of them changes.
 */
const setOnce = ['osProfile.customData', 'osProfile.linuxConfiguration.ssh', 'storageProfile.imageReference'];

/** The disk that holds a log, in a zone. It is never deleted with its machine, and locked in production. */
function createLogDisk(
  context: StackContext,
  parent: pulumi.Resource,
  what: {
    readonly name: string;
    readonly diskName: string;
    readonly kind: ComponentKind;
    readonly zone: string;
    readonly foundation: Foundation;
  },
): compute.Disk {
  const disk = new compute.Disk(
    `${what.name}-disk`,
    {
      resourceGroupName: what.foundation.resourceGroupName,
      location: context.settings.region,
      tags: tagsOf(context, what.kind),
      diskName: what.diskName,
      creationData: { createOption: 'Empty' },
      diskSizeGB: context.settings.logDiskGb,
      sku: { name: 'Premium_LRS' },
      zones: [what.zone],
      encryption: { type: 'EncryptionAtRestWithPlatformKey' },
      networkAccessPolicy: 'DenyAll',
      publicNetworkAccess: 'Disabled',
    },
    kept(context, parent),
  );
  lockInProduction(context, parent, {
    name: `${what.name}-disk`,
    scope: disk.id,
    notes: 'The event log is on this disk.',
  });
  return disk;
}

/**
 * A machine without a public port: Ubuntu LTS, patched by the platform, cloud-init from a text without secrets, an identity of its own. When it is made
 * anew the old one goes first, because its name, its address and its disk can have only one owner; network interface and disk stay and are attached again.
 */
export function createMachine(
  context: StackContext,
  parent: pulumi.Resource,
  what: {
    readonly name: string;
    readonly machineName: string;
    readonly kind: ComponentKind;
    readonly zone: string;
    readonly privateAddress: string;
    readonly publicAddressId?: pulumi.Input<string>;
    readonly identityId: pulumi.Input<string>;
    readonly cloudInit: pulumi.Input<string>;
    /** Shell command that ends when the machine does its work, and fails when it never will; within 90 minutes, as Azure waits no longer. */
    readonly waitUntilReady?: string;
    readonly foundation: Foundation;
    readonly dependsOn?: readonly pulumi.Resource[];
  },
): CreatedMachine {
  const { settings } = context;
  const common = {
    resourceGroupName: what.foundation.resourceGroupName,
    location: settings.region,
    tags: tagsOf(context, what.kind),
  };
  const disk = createLogDisk(context, parent, { ...what, diskName: `${what.machineName}-log` });
  const card = new network.NetworkInterface(
    `${what.name}-card`,
    {
      ...common,
      networkInterfaceName: `${what.machineName}-nic`,
      enableAcceleratedNetworking: true,
      ipConfigurations: [
        {
          name: 'main',
          subnet: { id: what.foundation.machinesSubnetId },
          privateIPAllocationMethod: 'Static',
          privateIPAddress: what.privateAddress,
          ...(what.publicAddressId === undefined ? {} : { publicIPAddress: { id: what.publicAddressId } }),
        },
      ],
    },
    { parent },
  );
  const machine = new compute.VirtualMachine(
    what.name,
    {
      ...common,
      vmName: what.machineName,
      zones: [what.zone],
      hardwareProfile: { vmSize: settings.machineSize },
      identity: { type: 'UserAssigned', userAssignedIdentities: [what.identityId] },
      networkProfile: { networkInterfaces: [{ id: card.id, primary: true, deleteOption: 'Detach' }] },
      osProfile: {
        computerName: what.machineName,
        adminUsername: 'tocsin',
        customData: pulumi.output(what.cloudInit).apply((text) => Buffer.from(text).toString('base64')),
        linuxConfiguration: {
          disablePasswordAuthentication: true,
          provisionVMAgent: true,
          patchSettings: { patchMode: 'AutomaticByPlatform', assessmentMode: 'AutomaticByPlatform' },
          ssh: { publicKeys: [{ path: '/home/tocsin/.ssh/authorized_keys', keyData: settings.sshKey ?? '' }] },
        },
      },
      securityProfile: {
        securityType: 'TrustedLaunch',
        uefiSettings: { secureBootEnabled: true, vTpmEnabled: true },
      },
      storageProfile: {
        imageReference: { publisher: 'Canonical', offer: 'ubuntu-24_04-lts', sku: 'server', version: 'latest' },
        osDisk: {
          createOption: 'FromImage',
          deleteOption: 'Delete',
          managedDisk: { storageAccountType: 'Premium_LRS' },
        },
        dataDisks: [
          { lun: 0, createOption: 'Attach', deleteOption: 'Detach', caching: 'None', managedDisk: { id: disk.id } },
        ],
      },
    },
    {
      parent,
      replaceOnChanges: setOnce,
      deleteBeforeReplace: true,
      ...(what.dependsOn === undefined ? {} : { dependsOn: [...what.dependsOn] }),
    },
  );
  const agent = new compute.VirtualMachineExtension(
    `${what.name}-agent`,
    {
      ...common,
      vmName: machine.name,
      vmExtensionName: 'AzureMonitorLinuxAgent',
      publisher: 'Microsoft.Azure.Monitor',
      type: 'AzureMonitorLinuxAgent',
      typeHandlerVersion: '1.33',
      autoUpgradeMinorVersion: true,
      enableAutomaticUpgrade: true,
      settings: {
        authentication: {
          managedIdentity: { 'identifier-name': 'mi_res_id', 'identifier-value': what.identityId },
        },
      },
    },
    partOfMachine(parent),
  );
  const created = { id: machine.id, diskId: disk.id };
  if (what.waitUntilReady === undefined) return { machine: created, ready: machine };
  const ready = new compute.VirtualMachineExtension(
    `${what.name}-ready`,
    {
      ...common,
      vmName: machine.name,
      vmExtensionName: 'TocsinReady',
      publisher: 'Microsoft.Azure.Extensions',
      type: 'CustomScript',
      typeHandlerVersion: '2.1',
      autoUpgradeMinorVersion: true,
      settings: { commandToExecute: what.waitUntilReady },
    },
    // Azure takes one change of a machine at a time.
    { ...partOfMachine(parent), dependsOn: [agent] },
  );
  return { machine: created, ready };
}

/** Sends free space and the journal of a machine to the workspace. */
export function measureMachine(
  parent: pulumi.Resource,
  what: { readonly name: string; readonly machineId: pulumi.Input<string>; readonly ruleId: pulumi.Input<string> },
): void {
  new monitor.DataCollectionRuleAssociation(
    `${what.name}-measured`,
    { resourceUri: what.machineId, associationName: 'tocsin', dataCollectionRuleId: what.ruleId },
    partOfMachine(parent),
  );
}

/**
 * What goes and comes with a machine, under the same id in Azure. Without this the engine (3.259, measured) would make it on the run after one in which
 * making it had failed, delete it again, and take it for made.
 */
function partOfMachine(parent: pulumi.Resource): pulumi.CustomResourceOptions {
  return { parent, deleteBeforeReplace: true };
}
