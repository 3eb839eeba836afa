import type { JsonObject } from '#kernel/json.ts';
import type {
  EncryptionCertificate,
  GraphSubscription,
  SubscriptionChange,
  SubscriptionRequest,
} from '#ports/graph.ts';

/** The body of POST /subscriptions ("subscription resource type"). */
export function creation(request: SubscriptionRequest): JsonObject {
  return {
    changeType: request.changeType,
    resource: request.resource,
    notificationUrl: request.notificationUrl,
    lifecycleNotificationUrl: request.lifecycleNotificationUrl,
    clientState: request.clientState,
    expirationDateTime: new Date(request.expiresAt).toISOString(),
    ...(request.encryption === undefined ? {} : { includeResourceData: true, ...certificate(request.encryption) }),
    ...(request.blobStoreUrl === undefined ? {} : { blobStoreUrl: request.blobStoreUrl }),
  };
}

/** The body of PATCH /subscriptions/{id}. */
export function change({ expiresAt, encryption, notificationUrl }: SubscriptionChange): JsonObject {
  return {
    expirationDateTime: new Date(expiresAt).toISOString(),
    ...(encryption === undefined ? {} : certificate(encryption)),
    ...(notificationUrl === undefined ? {} : { notificationUrl }),
  };
}

function certificate({ id, certificate: encryptionCertificate }: EncryptionCertificate): JsonObject {
  return { encryptionCertificate, encryptionCertificateId: id };
}

/** A subscription as Graph gives it; undefined where it is none. */
export function subscriptionOf(value: JsonObject): GraphSubscription | undefined {
  const text = (name: string) => {
    const member = value[name];
    return typeof member === 'string' && member !== '' ? member : undefined;
  };
  const id = text('id');
  const resource = text('resource');
  const expiresAt = Date.parse(text('expirationDateTime') ?? '');
  if (id === undefined || !/^[\w.-]{1,128}$/.test(id) || resource === undefined || Number.isNaN(expiresAt))
    return undefined;
  const lifecycleNotificationUrl = text('lifecycleNotificationUrl');
  const encryptionCertificateId = text('encryptionCertificateId');
  const applicationId = text('applicationId');
  return {
    ...{ id, resource, expiresAt },
    changeType: text('changeType') ?? '',
    notificationUrl: text('notificationUrl') ?? '',
    includeResourceData: value['includeResourceData'] === true,
    ...(lifecycleNotificationUrl === undefined ? {} : { lifecycleNotificationUrl }),
    ...(encryptionCertificateId === undefined ? {} : { encryptionCertificateId }),
    ...(applicationId === undefined ? {} : { applicationId }),
  };
}
