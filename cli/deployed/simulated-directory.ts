import { bagOf, type DeployedStack, ofType, textsOf } from '#cli/deployed/deployed-stack.ts';
import type { EntraClient, FederatedCredential } from '#simulator/entra/options.ts';
import type { ManagedIdentitySimulator } from '#simulator/managed-identity/simulator.ts';

/** The applications of a stack as the simulated Entra ID has them: with the redirects, permissions and trusts that the stack gave them, and no others. */
export function clientsOf(
  stack: DeployedStack,
  identity: Pick<ManagedIdentitySimulator, 'publicJwk'>,
  /** Where the desk is reached beside its own address. */
  moreDesks: readonly string[],
): readonly EntraClient[] {
  const grants = ofType(
    stack,
    'azuread:index/servicePrincipalDelegatedPermissionGrant:ServicePrincipalDelegatedPermissionGrant',
  );
  const consents = ofType(stack, 'azuread:index/appRoleAssignment:AppRoleAssignment');
  const principals = ofType(stack, 'azuread:index/servicePrincipal:ServicePrincipal');
  const trusts = ofType(
    stack,
    'azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential',
  );
  return ofType(stack, 'azuread:index/application:Application').map(({ id, inputs, computed }): EntraClient => {
    const clientId = String(computed['clientId']);
    const principal = principals.find((one) => one.inputs['clientId'] === clientId)?.computed['objectId'];
    const scopes = grants
      .filter((one) => one.inputs['servicePrincipalObjectId'] === principal)
      .flatMap((one) => textsOf(one.inputs['claimValues']));
    const redirectUris = textsOf(bagOf(inputs['web'])['redirectUris']);
    const consented = consents.some((one) => one.inputs['principalObjectId'] === principal);
    const federatedCredentials = trusts
      .filter((one) => one.inputs['applicationId'] === id)
      .map((one): FederatedCredential => {
        const [audience] = textsOf(one.inputs['audiences']);
        return {
          ...{ issuer: String(one.inputs['issuer']), subject: String(one.inputs['subject']), key: identity.publicJwk },
          ...(audience === undefined ? {} : { audience }),
        };
      });
    return {
      ...{ clientId, name: String(inputs['displayName']) },
      ...(redirectUris.length === 0
        ? { redirectUris: ['http://localhost'] }
        : {
            redirectUris: [...redirectUris, ...moreDesks.flatMap((url) => [`${url}/signed-in`, `${url}/signed-out`])],
          }),
      ...(scopes.length === 0 && (federatedCredentials.length > 0 || consented)
        ? { kind: 'confidential', federatedCredentials, certificates: certificatesOf(stack, id) }
        : { kind: 'public', scopes }),
      ...(redirectUris.length === 0 ? {} : { scopes: ['User.Read'] }),
      ...(consented ? { appRoles: ['CallEvents-Emergency.Read.All'] } : {}),
    };
  });
}

function certificatesOf(stack: DeployedStack, applicationId: string): readonly string[] {
  return ofType(stack, 'azuread:index/applicationCertificate:ApplicationCertificate')
    .filter(({ inputs }) => inputs['applicationId'] === applicationId)
    .map(({ inputs }) => String(inputs['value']));
}
