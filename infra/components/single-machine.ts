import * as network from '@pulumi/azure-native/network/index.js';
import * as pulumi from '@pulumi/pulumi';
import { machineAddress } from '#infra/addresses.ts';
import { type KnownSetting, singleMachineCloudInit } from '#infra/cloud-init/single-machine.ts';
import { type StackContext, tagsOf } from '#infra/components/component.ts';
import { createMachine, type Machine } from '#infra/components/machine.ts';
import type { RuntimeArgs } from '#infra/components/runtime-args.ts';
import { roles } from '#infra/names.ts';
import { roleSettings } from '#infra/role-settings.ts';

/** The one machine of a small tenant: every role in one process, the embedded log on the machine's own disk. Only one process may write that log. */
export function createSingleMachine(context: StackContext, parent: pulumi.Resource, args: RuntimeArgs): Machine {
  const { settings, names } = context;
  const { foundation } = args;
  const identity = args.identity.managed.machine;
  if (identity === undefined) throw new Error('no identity for the machine');
  const address =
    settings.deskAccess === 'public'
      ? new network.PublicIPAddress(
          'desk-address',
          {
            resourceGroupName: foundation.resourceGroupName,
            location: settings.region,
            tags: tagsOf(context, 'Runtime'),
            publicIpAddressName: names.deskAddress.value,
            publicIPAllocationMethod: 'Static',
            sku: { name: 'Standard' },
            zones: ['1', '2', '3'],
          },
          { parent },
        )
      : undefined;
  const known = pulumi.all(
    roleSettings(roles, args.wiring).map((one) =>
      one.kind === 'value'
        ? pulumi.output(one.value).apply((value): KnownSetting => ({ name: one.name, kind: 'value', value }))
        : pulumi.output<KnownSetting>(one),
    ),
  );
  const elsewhere = pulumi.output(args.largeNotificationsSecretUrl);
  const cloudInit = pulumi.all([identity.clientId, known, elsewhere]).apply(([clientId, list, url]) =>
    singleMachineCloudInit({
      image: settings.image,
      ...(settings.registry === undefined ? {} : { registryServer: settings.image.split('/')[0] ?? '' }),
      proxyImage: settings.proxyImage ?? '',
      deskHost: settings.deskHost ?? '',
      roles,
      settings: list as readonly KnownSetting[],
      clientId,
      secretsUrl: `${args.keys.vaultUrl}/secrets`,
      elsewhere: url === undefined ? {} : { 'large-notifications': url },
    }),
  );
  return createMachine(context, parent, {
    name: 'machine',
    machineName: names.machine.value,
    kind: 'Runtime',
    zone: '1',
    privateAddress: machineAddress(settings.addressSpace, 0),
    ...(address === undefined ? {} : { publicAddressId: address.id }),
    identityId: identity.id,
    cloudInit,
    foundation,
    dependsOn: args.dependsOn,
  }).machine;
}
