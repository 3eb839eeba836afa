import * as managedidentity from '@pulumi/azure-native/managedidentity/index.js';
import * as azuread from '@pulumi/azuread';
import type * as pulumi from '@pulumi/pulumi';
import { createChatApplication } from '#infra/components/chat-application.ts';
import { type Built, createComponent, type StackContext, tagsOf } from '#infra/components/component.ts';
import { createDeskApplication } from '#infra/components/desk-application.ts';
import { createEventsApplication } from '#infra/components/events-application.ts';
import { graphChangeTracking, microsoftGraph } from '#infra/graph-permissions.ts';
import { type Role, roles } from '#infra/names.ts';

/** One user-assigned identity. */
export interface ManagedIdentity {
  readonly id: pulumi.Output<string>;
  readonly clientId: pulumi.Output<string>;
  readonly principalId: pulumi.Output<string>;
}

/** Who works with an identity of its own. On a single machine that machine is all roles; `grid` is Event Grid, which hands notices to the hub. */
export type IdentityHolder = Role | 'machine' | 'log' | 'temporal' | 'grid';

/** Who is who in a stack. */
export interface Identity {
  readonly managed: Readonly<Partial<Record<IdentityHolder, ManagedIdentity>>>;
  /** Object id of "Microsoft Graph Change Tracking" in this tenant. */
  readonly changeTrackingId: pulumi.Output<string>;
  readonly chatClientId?: pulumi.Output<string>;
  readonly eventsClientId?: pulumi.Output<string>;
  readonly deskClientId: pulumi.Output<string>;
}

/** Who has an identity in a stack with these settings. */
function identityHolders(context: StackContext): readonly IdentityHolder[] {
  const { log, temporal, eventGrid } = context.settings;
  const grid = eventGrid ? (['grid'] as const) : [];
  if (log === 'embedded') return ['machine', ...grid];
  return [
    ...roles,
    ...grid,
    ...(log === 'self-hosted' ? (['log'] as const) : []),
    ...(temporal === 'self-hosted' ? (['temporal'] as const) : []),
  ];
}

/** Identities of Azure, and the registrations in Entra ID with their permissions. */
export function createIdentity(
  context: StackContext,
  given: { readonly resourceGroupName: pulumi.Output<string>; readonly deskUrl: pulumi.Output<string> },
): Built<Identity> {
  const { settings, names } = context;
  return createComponent('Identity', (parent) => {
    const managed: Partial<Record<IdentityHolder, ManagedIdentity>> = {};
    for (const holder of identityHolders(context)) {
      const identity = new managedidentity.UserAssignedIdentity(
        `${holder}-identity`,
        {
          resourceGroupName: given.resourceGroupName,
          location: settings.region,
          tags: tagsOf(context, 'Identity'),
          resourceName: names[`${holder}Identity`].value,
        },
        { parent },
      );
      managed[holder] = { id: identity.id, clientId: identity.clientId, principalId: identity.principalId };
    }
    const inProcess = (role: Role): ManagedIdentity => {
      const identity = managed[role] ?? managed.machine;
      if (identity === undefined) throw new Error(`no identity for ${role}`);
      return identity;
    };
    const graph = new azuread.ServicePrincipal(
      'microsoft-graph',
      { clientId: microsoftGraph, useExisting: true },
      { parent },
    );
    const changeTracking = new azuread.ServicePrincipal(
      'graph-change-tracking',
      { clientId: graphChangeTracking, useExisting: true },
      { parent },
    );
    const chat = settings.chatFeed ? createChatApplication(context, parent, graph) : undefined;
    const events = settings.eventsFeed
      ? createEventsApplication(context, parent, { graph, signsIn: inProcess('worker').principalId })
      : undefined;
    const desk = createDeskApplication(context, parent, {
      deskUrl: given.deskUrl,
      signsIn: inProcess('desk').principalId,
    });
    return {
      managed,
      changeTrackingId: changeTracking.objectId,
      deskClientId: desk.clientId,
      ...(chat === undefined ? {} : { chatClientId: chat.clientId }),
      ...(events === undefined ? {} : { eventsClientId: events.clientId }),
    };
  });
}
