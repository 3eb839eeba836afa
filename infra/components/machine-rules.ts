import { inside } from '#infra/addresses.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';

interface Rule {
  readonly name: string;
  readonly priority: number;
  readonly direction: 'Inbound';
  readonly access: 'Allow' | 'Deny';
  readonly protocol: 'Tcp' | '*';
  readonly sourcePortRange: '*';
  readonly destinationPortRange: string;
  readonly destinationAddressPrefix: string;
  readonly sourceAddressPrefix?: string;
  readonly sourceAddressPrefixes?: string[];
}

/** What may reach the machines of a stack: the log from the apps and its own nodes, the desk from its networks, and nobody else on any port. */
export function machineRules(settings: StackSettings): Rule[] {
  const apps = inside(settings.addressSpace, '0.0/23');
  const machines = inside(settings.addressSpace, '4.0/24');
  const allow = (name: string, priority: number, port: string, sources: readonly string[]): Rule => ({
    name,
    priority,
    direction: 'Inbound',
    access: 'Allow',
    protocol: 'Tcp',
    sourcePortRange: '*',
    destinationPortRange: port,
    destinationAddressPrefix: machines,
    ...(sources.length === 1 ? { sourceAddressPrefix: sources[0] ?? '' } : { sourceAddressPrefixes: [...sources] }),
  });
  // The service tag is this network with those that are joined to it, by peering or a gateway ("Virtual network service tags", learn.microsoft.com).
  const open = settings.deskAccess === 'public' ? ['*'] : ['VirtualNetwork'];
  return [
    ...(settings.log === 'self-hosted'
      ? [allow('log', 100, '2113', [apps, machines]), allow('log-replication', 110, '1112', [machines])]
      : []),
    ...(settings.log === 'embedded'
      ? [allow('desk', 120, '443', settings.deskNetworks.length > 0 ? settings.deskNetworks : open)]
      : []),
    {
      name: 'nobody-else',
      priority: 4096,
      direction: 'Inbound',
      access: 'Deny',
      protocol: '*',
      sourcePortRange: '*',
      sourceAddressPrefix: '*',
      destinationPortRange: '*',
      destinationAddressPrefix: '*',
    },
  ];
}
