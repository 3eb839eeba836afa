import * as azuread from '@pulumi/azuread';
import * as pulumi from '@pulumi/pulumi';
import { azureCommandLine, endWatchScope } from '#config/command-access.ts';
import type { StackContext } from '#infra/components/component.ts';
import { deskRoles, federationAudience } from '#infra/graph-permissions.ts';

/** Paths that Entra ID sends a browser back to, after a sign-in to the desk and after its end. */
const backTo = ['/signed-in', '/signed-out'] as const;

/** Registration of the desk: people sign in to it with one of four roles, and nobody without. It holds no permission on Graph. */
export function createDeskApplication(
  context: StackContext,
  parent: pulumi.Resource,
  given: { readonly deskUrl: pulumi.Output<string>; readonly signsIn: pulumi.Output<string> },
): { readonly clientId: pulumi.Output<string> } {
  const { settings, tenantId } = context;
  const application = new azuread.Application(
    'desk-application',
    {
      displayName: `Tocsin ${settings.tenant}: desk`,
      notes: 'People sign in to the desk here. Managed by Pulumi; changes by hand are undone.',
      preventDuplicateNames: true,
      signInAudience: 'AzureADMyOrg',
      api: {
        requestedAccessTokenVersion: 2,
        oauth2PermissionScopes: [
          {
            id: endWatchScope.id,
            value: endWatchScope.value,
            type: 'Admin',
            enabled: true,
            adminConsentDisplayName: 'End the watch of the tenant',
            adminConsentDescription:
              'Lets the Azure command line of somebody with the role Operator or Administrator end subscriptions and sign-in before the stack is deleted.',
          },
        ],
      },
      web: {
        redirectUris: backTo.map((path) => pulumi.interpolate`${given.deskUrl}${path}`),
        implicitGrant: { accessTokenIssuanceEnabled: false, idTokenIssuanceEnabled: false },
      },
      appRoles: deskRoles.map(({ id, value, description }) => ({
        id,
        value,
        description,
        displayName: value,
        allowedMemberTypes: ['User'],
        enabled: true,
      })),
    },
    { parent },
  );
  new azuread.ApplicationPreAuthorized(
    'desk-command-line',
    { applicationId: application.id, authorizedClientId: azureCommandLine, permissionIds: [endWatchScope.id] },
    { parent },
  );
  const principal = new azuread.ServicePrincipal(
    'desk-principal',
    { clientId: application.clientId, appRoleAssignmentRequired: true },
    { parent },
  );
  new azuread.ApplicationFederatedIdentityCredential(
    'desk-credential',
    {
      applicationId: application.id,
      displayName: 'desk',
      description: 'The managed identity of the desk proves the desk when it redeems a sign-in.',
      audiences: [federationAudience],
      issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
      subject: given.signsIn,
    },
    { parent },
  );
  for (const role of deskRoles) {
    const group = settings[role.group];
    if (group === undefined) continue;
    new azuread.AppRoleAssignment(
      `desk-${role.group}`,
      { appRoleId: role.id, principalObjectId: group, resourceObjectId: principal.objectId },
      { parent },
    );
  }
  return { clientId: application.clientId };
}
