import type { JsonObject } from '#kernel/json.ts';
import { userIdOf } from '#simulator/graph/creation.ts';
import { page, topOf } from '#simulator/graph/odata.ts';
import { lacksInDirectory } from '#simulator/graph/permissions.ts';
import { type Reply, refuse } from '#simulator/graph/reply.ts';
import type { GraphRequest } from '#simulator/graph/request.ts';
import type { SimulatedTenant, SimulatedUser } from '#simulator/teams/tenant.ts';

/** Application id of Microsoft Graph Change Tracking, the sender of notices. */
const changeTracking = '0bf30f3b-4a52-48df-9a82-234910c4a086';

const selfRead = { delegated: ['User.Read', 'User.ReadBasic.All', 'User.Read.All'], application: ['User.Read.All'] };
const basicRead = { delegated: ['User.ReadBasic.All', 'User.Read.All'], application: ['User.Read.All'] };
const applications = ['Application.Read.All', 'Application.ReadWrite.All', 'Directory.Read.All'];

/** `GET /me`, `/users`, `/users/{id}`, `/servicePrincipals(appId='…')`. */
export function directoryRoute(request: GraphRequest, tenant: SimulatedTenant): Reply | undefined {
  const [set, key, ...more] = request.segments;
  if (request.method !== 'GET' || more.length > 0) return undefined;
  const { claims } = request;
  if (set === 'me' && key === undefined) {
    if (claims.userId === undefined)
      return refuse(400, 'BadRequest', '/me request is only valid with delegated authentication flow.');
    return lacksInDirectory(claims, selfRead) ?? one(request, tenant, claims.userId);
  }
  if (set === 'users' && key !== undefined) {
    const id = userIdOf(tenant, key);
    const lacking = lacksInDirectory(claims, id !== undefined && id === claims.userId ? selfRead : basicRead);
    return lacking ?? one(request, tenant, id ?? key);
  }
  if (set === 'users') {
    const top = topOf(request.query, 999, 100);
    if (typeof top !== 'number') return top;
    const lacking = lacksInDirectory(claims, basicRead);
    const full = mayReadAll(request);
    return (
      lacking ?? {
        status: 200,
        body: page(
          request,
          'users',
          tenant.users.slice(0, top).map((user) => show(user, full)),
          undefined,
        ),
      }
    );
  }
  if (set === 'servicePrincipals' && key !== undefined) {
    const lacking = lacksInDirectory(claims, { delegated: applications, application: applications });
    if (lacking !== undefined) return lacking;
    const appId = key.replace(/^appId=/, '').toLowerCase();
    if (appId !== changeTracking) return missing(key);
    return {
      status: 200,
      body: {
        '@odata.context': `https://graph.microsoft.com/${request.version}/$metadata#servicePrincipals/$entity`,
        id: '5d2f0000-0000-4000-8000-000000000001',
        appId: changeTracking,
        displayName: 'Microsoft Graph Change Tracking',
        accountEnabled: true,
        appRoleAssignmentRequired: false,
        servicePrincipalType: 'Application',
      },
    };
  }
  return undefined;
}

const missing = (id: string) =>
  refuse(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );

function one(request: GraphRequest, tenant: SimulatedTenant, id: string): Reply {
  const user = tenant.users.find((each) => each.id === id);
  if (user === undefined) return missing(id);
  const context = `https://graph.microsoft.com/${request.version}/$metadata#users/$entity`;
  const full = mayReadAll(request) || id === request.claims.userId;
  return { status: 200, body: { '@odata.context': context, ...show(user, full) } };
}

function mayReadAll({ claims }: GraphRequest): boolean {
  return [...claims.scopes, ...claims.roles].includes('User.Read.All');
}

/** Telephone numbers need User.Read.All, for others than oneself. */
function show(user: SimulatedUser, full: boolean): JsonObject {
  return {
    id: user.id,
    displayName: user.displayName,
    userPrincipalName: user.userPrincipalName,
    mail: user.userPrincipalName,
    givenName: null,
    surname: null,
    jobTitle: null,
    officeLocation: null,
    preferredLanguage: null,
    ...(full ? { businessPhones: user.phoneNumber === undefined ? [] : [user.phoneNumber], mobilePhone: null } : {}),
  };
}
