import * as azuread from '@pulumi/azuread';
import type * as pulumi from '@pulumi/pulumi';
import type { StackContext } from '#infra/components/component.ts';
import { permissionId } from '#infra/components/permission-id.ts';
import { applicationRoles, federationAudience, microsoftGraph } from '#infra/graph-permissions.ts';

/** Registration of the emergency events feed: one application permission, proved by the identity of the worker or by a certificate, never by a password. */
export function createEventsApplication(
  context: StackContext,
  parent: pulumi.Resource,
  given: { readonly graph: azuread.ServicePrincipal; readonly signsIn: pulumi.Output<string> },
): { readonly clientId: pulumi.Output<string> } {
  const { settings, tenantId } = context;
  const names = Object.keys(applicationRoles);
  const application = new azuread.Application(
    'events-application',
    {
      displayName: `Tocsin ${settings.tenant}: emergency events feed`,
      notes: 'Subscribes to emergency call events. Managed by Pulumi; changes by hand are undone.',
      preventDuplicateNames: true,
      signInAudience: 'AzureADMyOrg',
      requiredResourceAccesses: [
        {
          resourceAppId: microsoftGraph,
          resourceAccesses: names.map((name) => ({ id: permissionId(given.graph.appRoleIds, name), type: 'Role' })),
        },
      ],
    },
    { parent },
  );
  const principal = new azuread.ServicePrincipal(
    'events-principal',
    { clientId: application.clientId, appRoleAssignmentRequired: false },
    { parent },
  );
  for (const name of names)
    new azuread.AppRoleAssignment(
      'events-consent',
      {
        appRoleId: permissionId(given.graph.appRoleIds, name),
        principalObjectId: principal.objectId,
        resourceObjectId: given.graph.objectId,
      },
      { parent },
    );
  if (settings.eventsCertificate === undefined)
    new azuread.ApplicationFederatedIdentityCredential(
      'events-credential',
      {
        applicationId: application.id,
        displayName: 'worker',
        description: 'The managed identity of the worker signs in as this application.',
        audiences: [federationAudience],
        issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
        subject: given.signsIn,
      },
      { parent },
    );
  else
    new azuread.ApplicationCertificate(
      'events-certificate',
      { applicationId: application.id, type: 'AsymmetricX509Cert', encoding: 'pem', value: settings.eventsCertificate },
      { parent },
    );
  return { clientId: application.clientId };
}
