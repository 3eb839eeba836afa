import { plainInput } from '#infra/driver/plain-input.ts';

type Bag = Readonly<Record<string, unknown>>;

/**
 * Reads one address of Microsoft Graph v1.0, all its pages; undefined where there is no such object. Throws an `Error` in words where Graph does not say.
 * @param path such as `/applications/{objectId}`, with its query
 */
export type ReadDirectory = (path: string) => Promise<Bag | undefined>;

/** How the id of something that belongs to an application or a service principal is found; the directory invents it. */
export interface DirectoryLookup {
  readonly path: string;
  /** Ids as the provider imports them (section "Import" of each resource, registry of `azuread`) of all in the answer that is what was to be made. */
  readonly idsIn: (answer: Bag) => readonly string[];
  /** The form of the id, with words in angle brackets for what only the directory knows. */
  readonly form: string;
}

/** `known`: the inputs alone say the id; whether it is there shows when it is read. */
export type DirectoryPlace =
  | { readonly kind: 'known'; readonly id: string }
  | ({ readonly kind: 'look' } & DirectoryLookup);

const looks: Readonly<Record<string, (inputs: Bag) => DirectoryPlace | undefined>> = {
  AppRoleAssignment({ resourceObjectId, appRoleId, principalObjectId }) {
    if (![resourceObjectId, appRoleId, principalObjectId].every(isText)) return undefined;
    const path = `/servicePrincipals/${resourceObjectId}/appRoleAssignedTo`;
    return look(path, path, `${path}/<id of the assignment>`, (one) =>
      same(one['appRoleId'], appRoleId) && same(one['principalId'], principalObjectId) ? one['id'] : undefined,
    );
  },
  ServicePrincipalDelegatedPermissionGrant(inputs) {
    const { servicePrincipalObjectId, resourceServicePrincipalObjectId, userObjectId } = inputs;
    if (![servicePrincipalObjectId, resourceServicePrincipalObjectId].every(isText)) return undefined;
    const path = '/oauth2PermissionGrants';
    const forWhom = (one: Bag) =>
      userObjectId === undefined
        ? one['consentType'] === 'AllPrincipals'
        : one['consentType'] === 'Principal' && same(one['principalId'], userObjectId);
    return look(
      `${path}?$filter=clientId eq '${servicePrincipalObjectId}'`,
      path,
      `${path}/<id of the grant>`,
      (one) => (same(one['resourceId'], resourceServicePrincipalObjectId) && forWhom(one) ? one['id'] : undefined),
    );
  },
  ApplicationFederatedIdentityCredential({ applicationId, displayName }) {
    const application = objectIdOf(applicationId);
    if (application === undefined || !isText(displayName)) return undefined;
    const prefix = `${application}/federatedIdentityCredential`;
    const path = `/applications/${application}/federatedIdentityCredentials`;
    return look(path, prefix, `${prefix}/<id of the credential>`, (one) =>
      one['name'] === displayName ? one['id'] : undefined,
    );
  },
  ApplicationCertificate({ applicationId, keyId, value }) {
    const application = objectIdOf(applicationId);
    if (application === undefined) return undefined;
    const prefix = `${application}/certificate`;
    if (isText(keyId)) return { kind: 'known', id: `${prefix}/${keyId}` };
    const wanted = certificateIn(plainInput(value));
    // Graph says the certificates themselves only where they alone are asked for ("Get application", learn.microsoft.com).
    const lookup = look(
      `/applications/${application}?$select=keyCredentials`,
      prefix,
      `${prefix}/<keyId>`,
      (one) => (wanted !== undefined && certificateIn(one['key']) === wanted ? one['keyId'] : undefined),
      'keyCredentials',
    );
    return {
      ...lookup,
      idsIn(answer) {
        const found = lookup.idsIn(answer);
        // None matches though there are some: it cannot be told whether one of them is it, unless each says what it is.
        const dumb = wanted === undefined || listIn(answer, 'keyCredentials').some((one) => !isText(one['key']));
        if (found.length === 0 && dumb && listIn(answer, 'keyCredentials').length > 0)
          throw new Error(`Graph does not say which of the certificates of application ${application} it is`);
        return found;
      },
    };
  },
  ApplicationPreAuthorized({ applicationId, authorizedClientId }) {
    const application = objectIdOf(applicationId);
    if (application === undefined || !isText(authorizedClientId)) return undefined;
    return { kind: 'known', id: `${application}/preAuthorizedApplication/${authorizedClientId}` };
  },
};

/** Types of the provider `azuread` that are looked up in Graph, as the last part of their name. */
export const lookedUpInDirectory: readonly string[] = Object.keys(looks);

/** Where the directory holds it; undefined for other types, or where an input is not known. */
export function directoryPlace(type: string, inputs: Bag): DirectoryPlace | undefined {
  const plain = Object.fromEntries(Object.entries(inputs).map(([name, one]) => [name, plainInput(one)]));
  return looks[type.split(':').at(-1) ?? '']?.(plain);
}

function look(
  path: string,
  prefix: string,
  form: string,
  idOf: (one: Bag) => unknown,
  list = 'value',
): { readonly kind: 'look' } & DirectoryLookup {
  return {
    ...{ kind: 'look', path, form },
    idsIn: (answer) =>
      listIn(answer, list).flatMap((one) => {
        const id = idOf(one);
        return isText(id) ? [`${prefix}/${id}`] : [];
      }),
  };
}

function listIn(answer: Bag, name: string): readonly Bag[] {
  const list = answer[name];
  return Array.isArray(list) ? list.filter((one) => typeof one === 'object' && one !== null) : [];
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Ids are told apart by their digits, whatever the case. */
function same(one: unknown, other: unknown): boolean {
  return isText(one) && isText(other) && one.toLowerCase() === other.toLowerCase();
}

/** Of `/applications/{objectId}`. */
function objectIdOf(applicationId: unknown): string | undefined {
  return isText(applicationId) ? applicationId.split('/').at(-1) : undefined;
}

/** The certificate of a PEM, or of one in base64 once more, as base64 without its frame. */
function certificateIn(value: unknown): string | undefined {
  if (!isText(value)) return undefined;
  const frame = /-----BEGIN CERTIFICATE-----([^-]+)-----END/;
  const framed = frame.exec(value) ?? frame.exec(Buffer.from(value, 'base64').toString('latin1'));
  return (framed?.[1] ?? value).replaceAll(/\s/g, '');
}
