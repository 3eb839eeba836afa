import type { JsonObject } from '#kernel/json.ts';
import type { Person, Site } from '#simulator/teams/directory.ts';
import { encryptResource } from '#simulator/teams/encrypt.ts';
import type { SeededSubscription, SimulatedTenant } from '#simulator/teams/tenant.ts';

/** A call that a simulated user makes. */
export interface SimulatedCall {
  /** The provider's id of the call. */
  readonly callId: string;
  readonly caller: Person;
  readonly site: Site;
  readonly number: string;
  readonly floor: string;
  readonly room: string;
  readonly street: string;
  readonly houseNumber: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  readonly chatId: string;
  readonly messageId: string;
  /** What Teams writes behind the caller's name, in the language of the site. */
  readonly phrase: string;
}

const escapeHtml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The chat message that Teams sends to the security desk's group chat. */
export function chatMessageOf(call: SimulatedCall): JsonObject {
  const { site } = call;
  const address = [
    `${call.houseNumber} ${call.street}${site.streetSuffix === undefined ? '' : ` ${site.streetSuffix}`}`,
    `${call.floor}, ${call.room}`,
    `${site.city}${site.state === undefined ? '' : `, ${site.state}`} ${site.postalCode}`,
    site.countryOrRegion,
  ];
  const content = `<p><b>${escapeHtml(call.caller.displayName)}</b> ${escapeHtml(call.phrase)}</p><p>${address.map(escapeHtml).join('<br>')}</p>`;
  return chatMessage({
    chatId: call.chatId,
    messageId: call.messageId,
    from: call.caller,
    at: call.at,
    importance: 'high',
    content,
  });
}

export interface ChatMessageParts {
  readonly chatId: string;
  readonly messageId: string;
  readonly from: Person;
  readonly at: number;
  readonly importance: 'normal' | 'high' | 'urgent';
  /** HTML. */
  readonly content: string;
  /** Default: `en-us`, which Graph says whatever language client and text are in ("chatMessage resource type": "Always set to en-us"). */
  readonly locale?: string;
}

/** A `chatMessage` resource (Graph, "chatMessage resource type"). */
export function chatMessage(parts: ChatMessageParts): JsonObject {
  const at = new Date(parts.at).toISOString();
  return {
    '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#chats/messages/$entity',
    id: parts.messageId,
    replyToId: null,
    etag: parts.messageId,
    messageType: 'message',
    createdDateTime: at,
    lastModifiedDateTime: at,
    lastEditedDateTime: null,
    deletedDateTime: null,
    subject: null,
    summary: null,
    chatId: parts.chatId,
    importance: parts.importance,
    locale: parts.locale ?? 'en-us',
    webUrl: null,
    channelIdentity: null,
    policyViolation: null,
    eventDetail: null,
    from: {
      application: null,
      device: null,
      user: { id: parts.from.id, displayName: parts.from.displayName, userIdentityType: 'aadUser' },
    },
    body: { contentType: 'html', content: parts.content },
    attachments: [],
    mentions: [],
    reactions: [],
  };
}

/** The `emergencyCallEvent` resource in the form of Graph's own sample: one level deeper than the schema, coordinates as strings. */
export function emergencyEventOf(call: SimulatedCall, tenantId: string, callEventType = 'callStarted'): JsonObject {
  const { site, caller } = call;
  const id = `communications/calls/getEmergencyEventsByPolicy(policyName='${site.policy}')`;
  return {
    '@odata.id': id,
    '@odata.type': '#microsoft.graph.emergencyCallEvent',
    id: call.callId,
    emergencyCallEvent: {
      id: call.callId,
      callEventType,
      policyName: site.policy,
      eventDateTime: new Date(call.at).toISOString().replace('Z', '0000+00:00'),
      emergencyNumberDialed: call.number,
      callerInfo: {
        displayName: caller.displayName,
        upn: caller.upn,
        phoneNumber: caller.phoneNumber,
        tenantId,
        location: {
          address: {
            street: call.street,
            city: site.city,
            state: site.state ?? '',
            countryOrRegion: site.countryOrRegion,
            postalCode: site.postalCode,
            additionalData: {
              companyName: 'Contoso',
              additionalInfo: `${call.floor}, ${call.room}`,
              houseNumber: call.houseNumber,
              ...(site.county === undefined ? {} : { county: site.county }),
              ...(site.streetSuffix === undefined ? {} : { streetSuffix: site.streetSuffix }),
              floor: call.floor,
              room: call.room,
            },
          },
          coordinates: { latitude: site.latitude, longitude: site.longitude },
        },
      },
    },
  };
}

/** A `changeNotification` for a subscription, rich (with its content encrypted) or basic (naming the resource alone). */
export function notification(
  tenant: SimulatedTenant,
  subscription: SeededSubscription,
  resource: JsonObject,
  options: { readonly rich: boolean; readonly changeType?: string; readonly now: number },
): JsonObject {
  const isChat = subscription.feed === 'chat';
  const path = isChat
    ? `chats('${resource['chatId'] as string}')/messages('${resource['id'] as string}')`
    : subscription.resource;
  return {
    subscriptionId: subscription.id,
    clientState: subscription.clientState,
    changeType: options.changeType ?? (isChat ? 'created' : 'updated'),
    tenantId: tenant.id,
    subscriptionExpirationDateTime: new Date(options.now + 3_600_000).toISOString(),
    resource: path,
    resourceData: {
      '@odata.type': isChat ? '#Microsoft.Graph.chatMessage' : '#microsoft.graph.emergencyCallEvent',
      '@odata.id': path,
      id: resource['id'] as string,
    },
    ...(isChat ? {} : { organizationId: tenant.id }),
    ...(options.rich ? { encryptedContent: { ...encryptResource(resource, tenant.certificate) } } : {}),
  };
}

/** A lifecycle notice ("Reduce missing subscriptions and change notifications"). */
export function lifecycleNotice(
  tenant: SimulatedTenant,
  subscription: SeededSubscription,
  event: 'reauthorizationRequired' | 'subscriptionRemoved' | 'missed',
  now: number,
): JsonObject {
  return {
    subscriptionId: subscription.id,
    subscriptionExpirationDateTime: new Date(now + 3_600_000).toISOString(),
    tenantId: tenant.id,
    clientState: subscription.clientState,
    lifecycleEvent: event,
  };
}

/** What Graph puts into the hub when a subscription is made. */
export function validationProbe(requestId: string): JsonObject {
  const unknown = 'NA';
  return {
    subscriptionId: unknown,
    subscriptionExpirationDateTime: unknown,
    clientState: unknown,
    changeType: `Validation: Testing client application reachability for subscription Request-Id: ${requestId}`,
    resource: unknown,
    resourceData: { '@odata.type': unknown, '@odata.id': unknown, id: unknown },
  };
}

/** A body as Graph delivers it to a hub: no validation tokens there. */
export function collection(items: readonly JsonObject[]): JsonObject {
  return { value: items, validationTokens: null };
}

/** The same notice as an Event Grid partner topic delivers it: a CloudEvent whose data has other casing. */
export function eventGridEvent(tenant: SimulatedTenant, notice: JsonObject, id: string, now: number): JsonObject {
  const { subscriptionExpirationDateTime, changeType, resourceData, ...rest } = notice;
  const kind = changeType === 'updated' ? 'Updated' : changeType === 'deleted' ? 'Deleted' : 'Created';
  const type = String((resourceData as JsonObject)['@odata.type'])
    .toLowerCase()
    .includes('emergencycall')
    ? 'Microsoft.Graph.EmergencyCallEvent'
    : `Microsoft.Graph.ChatMessage${kind}`;
  const { id: resourceId, ...otherData } = resourceData as JsonObject;
  return {
    id,
    type,
    source: `/tenants/${tenant.id}/applications/00000000-0000-0000-0000-000000000000`,
    subject: `${type.split('.').at(-1)}/${resourceId as string}`,
    time: new Date(now).toISOString(),
    datacontenttype: 'application/json',
    specversion: '1.0',
    data: {
      ...rest,
      SubscriptionExpirationDateTime: subscriptionExpirationDateTime,
      ChangeType: changeType,
      resourceData: { ...otherData, Id: resourceId },
    },
  };
}
