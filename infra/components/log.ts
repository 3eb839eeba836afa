import * as privatedns from '@pulumi/azure-native/privatedns/index.js';
import type * as pulumi from '@pulumi/pulumi';
import { machineAddress } from '#infra/addresses.ts';
import { logNodeCloudInit, waitUntilJoined } from '#infra/cloud-init/log-node.ts';
import { type Built, createComponent, type StackContext, tagsOf } from '#infra/components/component.ts';
import type { Foundation } from '#infra/components/foundation.ts';
import type { ManagedIdentity } from '#infra/components/identity.ts';
import type { Keys } from '#infra/components/keys.ts';
import { createMachine, type Machine } from '#infra/components/machine.ts';
import { logNodes } from '#infra/log-nodes.ts';
import { innerNames } from '#infra/names.ts';

/** Where the event log is. With a connection to one elsewhere, and with the embedded one, there is no machine of its own. */
export interface Log {
  readonly machines: readonly Machine[];
}

/** A self-hosted EventStoreDB, one machine in each zone; nothing where the log is elsewhere or on the disk of the single machine. */
export function createLog(
  context: StackContext,
  given: { readonly foundation: Foundation; readonly keys: Keys; readonly identity?: ManagedIdentity },
): Built<Log> {
  const { settings, names } = context;
  return createComponent('Log', (parent) => {
    const { identity, foundation } = given;
    if (settings.log !== 'self-hosted' || identity === undefined) return { machines: [] };
    const tags = tagsOf(context, 'Log');
    const { resourceGroupName } = foundation;
    const nodes = logNodes(settings);
    const zone = new privatedns.PrivateZone(
      'log-zone',
      { resourceGroupName, location: 'global', tags, privateZoneName: innerNames.logZone },
      { parent },
    );
    new privatedns.VirtualNetworkLink(
      'log-zone-link',
      {
        resourceGroupName,
        privateZoneName: zone.name,
        location: 'global',
        tags,
        virtualNetworkLinkName: 'network',
        registrationEnabled: false,
        virtualNetwork: { id: foundation.networkId },
      },
      { parent },
    );
    // Two nodes of three have to be there: one is made anew only when the one before it has joined the cluster again.
    let before: pulumi.Resource | undefined;
    const machines = nodes.map((node, index) => {
      const number = (index + 1) as 1 | 2 | 3;
      const privateAddress = machineAddress(settings.addressSpace, number);
      new privatedns.PrivateRecordSet(
        `log-record-${number}`,
        {
          resourceGroupName,
          privateZoneName: zone.name,
          recordType: 'A',
          relativeRecordSetName: node,
          ttl: 300,
          aRecords: [{ ipv4Address: privateAddress }],
        },
        { parent },
      );
      const { machine, ready } = createMachine(context, parent, {
        name: `log-machine-${number}`,
        machineName: names[`logNode${number}`].value,
        kind: 'Log',
        zone: `${number}`,
        privateAddress,
        identityId: identity.id,
        cloudInit: cloudInitOf(context, given.keys, node, nodes, identity.clientId),
        foundation,
        ...(nodes.length > 1 ? { waitUntilReady: waitUntilJoined } : {}),
        ...(before === undefined ? {} : { dependsOn: [before] }),
      });
      before = ready;
      return machine;
    });
    return { machines };
  });
}

function cloudInitOf(
  { settings }: StackContext,
  keys: Keys,
  name: string,
  nodes: readonly string[],
  clientId: pulumi.Output<string>,
): pulumi.Output<string> {
  return clientId.apply((id) =>
    logNodeCloudInit({
      name,
      zone: innerNames.logZone,
      nodes,
      image: settings.logImage ?? '',
      clientId: id,
      secretsUrl: `${keys.vaultUrl}/secrets`,
    }),
  );
}
