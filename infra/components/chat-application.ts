import * as azuread from '@pulumi/azuread';
import type * as pulumi from '@pulumi/pulumi';
import type { StackContext } from '#infra/components/component.ts';
import { permissionId } from '#infra/components/permission-id.ts';
import { delegatedScopes, microsoftGraph, publicClientRedirects } from '#infra/graph-permissions.ts';

/** Registration of the chat feed: a public client for the sign-in by code, exactly the seven scopes, and consent for the service user alone. */
export function createChatApplication(
  context: StackContext,
  parent: pulumi.Resource,
  graph: azuread.ServicePrincipal,
): { readonly clientId: pulumi.Output<string> } {
  const { settings } = context;
  const scopes = Object.keys(delegatedScopes);
  const application = new azuread.Application(
    'chat-application',
    {
      displayName: `Tocsin ${settings.tenant}: chat feed`,
      notes: 'The service user signs in here. Managed by Pulumi; changes by hand are undone.',
      preventDuplicateNames: true,
      signInAudience: 'AzureADMyOrg',
      fallbackPublicClientEnabled: true,
      publicClient: { redirectUris: [...publicClientRedirects] },
      requiredResourceAccesses: [
        {
          resourceAppId: microsoftGraph,
          resourceAccesses: scopes.map((scope) => ({
            id: permissionId(graph.oauth2PermissionScopeIds, scope),
            type: 'Scope',
          })),
        },
      ],
    },
    { parent },
  );
  const principal = new azuread.ServicePrincipal(
    'chat-principal',
    { clientId: application.clientId, appRoleAssignmentRequired: false },
    { parent },
  );
  const user = azuread.getUserOutput({ userPrincipalName: settings.serviceUser ?? '' }, { parent });
  new azuread.ServicePrincipalDelegatedPermissionGrant(
    'chat-consent',
    {
      servicePrincipalObjectId: principal.objectId,
      resourceServicePrincipalObjectId: graph.objectId,
      claimValues: scopes,
      userObjectId: user.objectId,
    },
    { parent },
  );
  return { clientId: application.clientId };
}
