import { readCertificate } from '#simulator/graph/certificate.ts';
import { parseNotificationUrl } from '#simulator/graph/notification-url.ts';
import type { SimulatedHub, TokenClaims } from '#simulator/graph/options.ts';
import { type Payload, readExpiry, readPayload } from '#simulator/graph/payload.ts';
import { lacks } from '#simulator/graph/permissions.ts';
import { longestLife, type SubscriptionRecord, type Target } from '#simulator/graph/record.ts';
import { invalid, isRefusal, type Refusal, refuse } from '#simulator/graph/reply.ts';
import type { GraphRequest } from '#simulator/graph/request.ts';
import { parseResource } from '#simulator/graph/resource.ts';
import type { SimulatedTenant } from '#simulator/teams/tenant.ts';

export interface CreationContext {
  readonly tenant: SimulatedTenant;
  readonly hubs: readonly SimulatedHub[];
  readonly now: number;
  readonly id: string;
}

/** Checks a creation request by the documented rules, in Graph's order; what comes back is not yet checked against other subscriptions. */
export function readCreation(request: GraphRequest, context: CreationContext): SubscriptionRecord | Refusal {
  const { claims } = request;
  const { tenant, hubs, now } = context;
  const payload = readPayload(request.body, 'creation');
  if (isRefusal(payload)) return payload;
  for (const name of ['changeType', 'notificationUrl', 'resource', 'expirationDateTime'] as const) {
    if ((payload[name] ?? '') === '') return invalid(`${name} is a required property for subscription creation`);
  }
  const { changeType = '', notificationUrl = '', resource = '', expirationDateTime = '' } = payload;
  const parsed = parseResource(resource, claims.userId, (name) => userIdOf(tenant, name));
  if (isRefusal(parsed)) return parsed;
  const { target, canonical } = parsed;
  const changeTypes = readChangeTypes(changeType, target);
  if (isRefusal(changeTypes)) return changeTypes;
  const forbidden = mayNot(claims, target);
  if (forbidden !== undefined) return forbidden;
  if ((payload.clientState?.length ?? 0) > 128) return invalid('clientState must not be longer than 128 characters.');
  const expiresAt = readExpiry(expirationDateTime, now, longestLife(target), 'creation');
  if (typeof expiresAt !== 'number') return expiresAt;
  const lifecycle = payload.lifecycleNotificationUrl;
  if (target.kind !== 'emergency' && lifecycle === undefined && expiresAt - now > 3_600_000)
    return invalid(
      'lifecycleNotificationUrl is a required property for subscription creation on this resource when the expirationDateTime value is set to greater than 1 hour.',
    );
  const rich = readEncryption(payload, target);
  if (isRefusal(rich)) return rich;
  for (const [url, property] of [
    [notificationUrl, 'notificationUrl'],
    [lifecycle, 'lifecycleNotificationUrl'],
  ] as const) {
    const sink = url === undefined ? {} : parseNotificationUrl(url, hubs, tenant.domain, property);
    if (isRefusal(sink)) return sink;
  }
  return {
    id: context.id,
    applicationId: claims.appId,
    creatorId: claims.userId ?? claims.appId,
    ...(claims.userId === undefined ? {} : { userId: claims.userId }),
    apiVersion: request.version,
    resource,
    canonical,
    target,
    changeTypes,
    notificationUrl,
    ...(lifecycle === undefined ? {} : { lifecycleNotificationUrl: lifecycle }),
    ...(payload.clientState === undefined ? {} : { clientState: payload.clientState }),
    ...rich,
    ...(payload.blobStoreUrl === undefined ? {} : { blobStoreUrl: payload.blobStoreUrl }),
    latestSupportedTlsVersion: payload.latestSupportedTlsVersion ?? 'v1_2',
    createdAt: now,
    expiresAt,
    tokenExpiresAt: claims.expiresAt,
  };
}

/** Certificate and id of a payload, both or none. @returns nothing when neither was sent */
export function readEncryptionPair(
  payload: Payload,
): Refusal | Pick<SubscriptionRecord, 'encryptionCertificate' | 'encryptionCertificateId'> {
  const { encryptionCertificate, encryptionCertificateId } = payload;
  if (encryptionCertificate === undefined && encryptionCertificateId === undefined) return {};
  if (encryptionCertificate === undefined)
    return invalid('encryptionCertificate is required when encryptionCertificateId is set.');
  if (encryptionCertificateId === undefined || encryptionCertificateId === '')
    return invalid('encryptionCertificateId is required when encryptionCertificate is set.');
  if (encryptionCertificateId.length > 128)
    return invalid('encryptionCertificateId must not be longer than 128 characters.');
  const certificate = readCertificate(encryptionCertificate);
  return isRefusal(certificate) ? certificate : { encryptionCertificate, encryptionCertificateId };
}

function readEncryption(
  payload: Payload,
  target: Target,
): Refusal | Pick<SubscriptionRecord, 'includeResourceData' | 'encryptionCertificate' | 'encryptionCertificateId'> {
  const includeResourceData = payload.includeResourceData === true;
  if (target.kind === 'emergency' && !includeResourceData)
    return invalid('includeResourceData must be set to true for subscriptions on this resource.');
  if (!includeResourceData) return { includeResourceData };
  if (payload.encryptionCertificate === undefined)
    return invalid('encryptionCertificate is a required property when includeResourceData is set to true.');
  if (payload.encryptionCertificateId === undefined)
    return invalid('encryptionCertificateId is a required property when includeResourceData is set to true.');
  const pair = readEncryptionPair(payload);
  return isRefusal(pair) ? pair : { includeResourceData, ...pair };
}

function readChangeTypes(text: string, target: Target): readonly string[] | Refusal {
  const allowed = target.kind === 'emergency' ? ['updated'] : ['created', 'updated', 'deleted'];
  const asked = text.split(',').map((each) => each.trim().toLowerCase());
  const wrong = asked.find((each) => !allowed.includes(each));
  if (wrong !== undefined)
    return invalid(`changeType '${wrong}' is not supported for this resource. Supported: ${allowed.join(', ')}.`);
  return allowed.filter((each) => asked.includes(each));
}

/** Permissions by resource ("Change notifications for Teams resources", "… for emergency calls"): to create, to renew and to reauthorise. */
export function mayNot(claims: TokenClaims, target: Target): Refusal | undefined {
  if (target.kind === 'emergency')
    return lacks(claims, { delegated: [], application: ['CallEvents-Emergency.Read.All'] });
  const chats = { application: ['Chat.Read.All', 'Chat.ReadWrite.All'] };
  if (target.kind === 'all-chats') return lacks(claims, { ...chats, delegated: [] });
  const lacking = lacks(claims, { ...chats, delegated: ['Chat.Read', 'Chat.ReadWrite'] });
  if (lacking !== undefined) return lacking;
  if (target.kind === 'user-chats' && claims.userId !== undefined && claims.userId !== target.userId)
    return refuse(403, 'Forbidden', 'A delegated caller may subscribe to the chats of the signed-in user only.');
  return undefined;
}

/** Object id of a user named by id or sign-in name. */
export function userIdOf(tenant: SimulatedTenant, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return tenant.users.find(({ id, userPrincipalName }) => id === wanted || userPrincipalName.toLowerCase() === wanted)
    ?.id;
}
