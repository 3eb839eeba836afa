import * as pulumi from '@pulumi/pulumi';
import { appSizes } from '#infra/app-sizes.ts';
import { createBackup } from '#infra/components/backup.ts';
import type { StackContext } from '#infra/components/component.ts';
import { createEventGridDelivery } from '#infra/components/event-grid.ts';
import { createEvidence } from '#infra/components/evidence.ts';
import { createFoundation } from '#infra/components/foundation.ts';
import { createIdentity } from '#infra/components/identity.ts';
import { createIngest } from '#infra/components/ingest.ts';
import { createKeys } from '#infra/components/keys.ts';
import { createLog } from '#infra/components/log.ts';
import { createPermissions } from '#infra/components/permissions.ts';
import { createRuntime, deskUrlOf } from '#infra/components/runtime.ts';
import { createWatching } from '#infra/components/watching.ts';
import { createWorkflows } from '#infra/components/workflows.ts';
import { roles } from '#infra/names.ts';
import { outboundHosts } from '#infra/outbound.ts';
import { partiesOf } from '#infra/parties.ts';
import { roleSettings, type Wiring } from '#infra/role-settings.ts';
import { watchedOf } from '#infra/watched.ts';

/** Makes every resource of a stack, and says what others may rely on. The context has been checked: nothing here refuses a setting. */
export function createStack(context: StackContext) {
  const { settings, names } = context;
  const foundation = createFoundation(context);
  const deskUrl = deskUrlOf(context, foundation);
  const identity = createIdentity(context, { resourceGroupName: foundation.resourceGroupName, deskUrl });
  const ingest = createIngest(context, foundation);
  const keys = createKeys(context, foundation);
  const evidence = createEvidence(context, foundation);
  const permissions = createPermissions(context, partiesOf(context, { foundation, identity, ingest, keys, evidence }));
  const dependsOn = [permissions.component, keys.component];
  const { eventGrid, hubId } = ingest;
  const { grid } = identity.managed;
  const delivery =
    settings.eventGridActive && eventGrid !== undefined && grid !== undefined
      ? createEventGridDelivery(context, { foundation, identityId: grid.id, hubId, eventGrid, dependsOn })
      : undefined;
  const log = createLog(context, { foundation, keys, ...held(identity.managed.log) });
  const workflows = createWorkflows(context, { foundation, keys, dependsOn, ...held(identity.managed.temporal) });
  const wiring: Wiring = {
    settings,
    tenantId: context.tenantId,
    eventHubs: ingest.eventHubs,
    notificationUrl: ingest.notificationUrl,
    ownershipUrl: ingest.ownershipUrl,
    subjectKeysUrl: keys.subjectKeysUrl,
    masterKeyUrl: keys.masterKeyUrl,
    ...(keys.signIns === undefined ? {} : { signInKeyUrl: keys.signIns.keyUrl, signInsUrl: keys.signIns.containerUrl }),
    evidenceUrl: evidence.url,
    deskUrl,
    deskClientId: identity.deskClientId,
    temporal: workflows.address,
    ...(identity.chatClientId === undefined ? {} : { chatClientId: identity.chatClientId }),
    ...(identity.eventsClientId === undefined ? {} : { eventsClientId: identity.eventsClientId }),
    ...(ingest.large === undefined ? {} : { largeNotificationsUrl: ingest.large.blobStoreUrl }),
  };
  const runtime = createRuntime(context, {
    foundation,
    identity,
    keys,
    wiring,
    ownershipAccount: names.ownershipStorage.value,
    dependsOn,
    ...(ingest.large === undefined ? {} : { largeNotificationsSecretUrl: ingest.large.secretUrl }),
  });
  const machines = [...log.machines, ...(runtime.machine === undefined ? [] : [runtime.machine])];
  const backup = createBackup(context, { foundation, machines });
  const watching = createWatching(
    context,
    watchedOf({
      ...{ foundation, ingest, keys, evidence, workflows, runtime, backup, machines },
      ...(delivery === undefined ? {} : { delivery }),
    }),
  );
  return {
    tenant: settings.tenant,
    region: settings.region,
    environment: settings.environment,
    resourceGroup: foundation.resourceGroupName,
    deskUrl: runtime.deskUrl,
    eventHubs: ingest.eventHubs,
    notificationUrl: ingest.notificationUrl,
    keyVaultUrl: keys.vaultUrl,
    evidenceUrl: evidence.url,
    chatClientId: identity.chatClientId,
    eventsClientId: identity.eventsClientId,
    deskClientId: identity.deskClientId,
    outboundAddress: foundation.outboundAddress,
    outboundHosts: outboundHosts(settings, names),
    appSizes: appSizes(settings),
    workspaceId: watching.workspaceId,
    evidenceLocked: settings.lockEvidence,
    /** Per role: names to values; a secret is the URL of where it is. */
    roleSettings: Object.fromEntries(
      roles.map((role) => [role, published(role, wiring, keys.vaultUrl, ingest.large?.secretUrl)]),
    ),
  };
}

const held = <T>(identity: T | undefined): { readonly identity?: T } => (identity === undefined ? {} : { identity });

function published(
  role: (typeof roles)[number],
  wiring: Wiring,
  vaultUrl: string,
  large: pulumi.Output<string> | undefined,
): Readonly<Record<string, pulumi.Input<string>>> {
  const url = (secret: string) =>
    secret === 'large-notifications' && large !== undefined ? large : `${vaultUrl}/secrets/${secret}`;
  return Object.fromEntries(
    roleSettings([role], wiring).map((one) => [
      one.name,
      one.kind === 'value' ? one.value : pulumi.interpolate`${one.kind}:${url(one.secret)}`,
    ]),
  );
}
