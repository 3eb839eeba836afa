import type { CloudFolder } from '#simulator/azure/cloud-folder.ts';
import type { Bag } from '#simulator/azure/wire.ts';

/** One page of an answer of Graph; `next` is the address of the next one. */
export interface DirectoryPage {
  readonly body: Bag;
  readonly next?: string;
}

/** Small, so that whoever reads one page alone misses something. */
const pageSize = 2;

/** What Microsoft Graph v1.0 says of the simulated directory; undefined (404) where there is no such object. */
export function createDirectoryReads(cloud: CloudFolder): (address: string) => DirectoryPage | undefined {
  const those = (kind: string) => cloud.list().filter(({ type }) => type.endsWith(`:${kind}`));
  const last = (id: unknown) => String(id).split('/').at(-1) ?? '';
  const of = (kind: string, application: string) =>
    those(kind).filter(({ inputs }) => last(inputs['applicationId']) === application);
  const isThere = (collection: string, id: string) => cloud.get(`/${collection}/${id}`) !== undefined;

  const assignments = (resource: string): readonly Bag[] =>
    those('AppRoleAssignment')
      .filter(({ inputs }) => inputs['resourceObjectId'] === resource)
      .map(({ id, inputs }) => ({
        id: last(id),
        appRoleId: inputs['appRoleId'],
        principalId: inputs['principalObjectId'],
        resourceId: resource,
      }));
  const grants = (client: string | undefined): readonly Bag[] =>
    those('ServicePrincipalDelegatedPermissionGrant')
      .filter(({ inputs }) => client === undefined || inputs['servicePrincipalObjectId'] === client)
      .map(({ id, inputs }) => ({
        id: last(id),
        clientId: inputs['servicePrincipalObjectId'],
        resourceId: inputs['resourceServicePrincipalObjectId'],
        consentType: inputs['userObjectId'] === undefined ? 'AllPrincipals' : 'Principal',
        principalId: inputs['userObjectId'] ?? null,
        scope: [inputs['claimValues'] ?? []].flat().join(' '),
      }));
  const credentials = (application: string): readonly Bag[] =>
    of('ApplicationFederatedIdentityCredential', application).map(({ id, inputs }) => ({
      id: last(id),
      name: inputs['displayName'],
      issuer: inputs['issuer'],
      subject: inputs['subject'],
      audiences: inputs['audiences'],
    }));
  const application = (objectId: string, select: string | null): Bag => ({
    id: objectId,
    keyCredentials: of('ApplicationCertificate', objectId).map(({ id, inputs }) => ({
      keyId: last(id),
      type: inputs['type'],
      usage: 'Verify',
      key: select === 'keyCredentials' ? bareCertificate(String(inputs['value'])) : null,
    })),
    api: {
      preAuthorizedApplications: of('ApplicationPreAuthorized', objectId).map(({ inputs }) => ({
        appId: inputs['authorizedClientId'],
        delegatedPermissionIds: inputs['permissionIds'],
      })),
    },
  });

  return (address) => {
    const { pathname, searchParams } = new URL(address, 'http://graph');
    const [, collection = '', objectId = '', part] = pathname.split('/');
    const page = (value: readonly Bag[]): DirectoryPage => {
      const from = Number(searchParams.get('$skiptoken') ?? 0);
      const next = new URLSearchParams(searchParams);
      next.set('$skiptoken', String(from + pageSize));
      return {
        body: { value: value.slice(from, from + pageSize) },
        ...(value.length > from + pageSize ? { next: `${pathname}?${next.toString()}` } : {}),
      };
    };
    if (collection === 'oauth2PermissionGrants' && objectId === '')
      return page(grants(/^clientId eq '([^']*)'$/.exec(searchParams.get('$filter') ?? '')?.[1]));
    if (!isThere(collection, objectId)) return undefined;
    switch (`${collection} ${part ?? ''}`) {
      case 'servicePrincipals appRoleAssignedTo':
        return page(assignments(objectId));
      case 'applications federatedIdentityCredentials':
        return page(credentials(objectId));
      case 'applications ':
        return { body: application(objectId, searchParams.get('$select')) };
      default:
        return undefined;
    }
  };
}

/** The certificate of a PEM in base64, as Graph gives it. */
function bareCertificate(pem: string): string {
  return pem.replaceAll(/-----[^-]+-----|\s/g, '');
}
