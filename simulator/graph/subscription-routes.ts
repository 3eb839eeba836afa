import type { JsonObject } from '#kernel/json.ts';
import { type AdmissionDeps, createAdmission } from '#simulator/graph/admission.ts';
import { mayNot, readCreation, readEncryptionPair } from '#simulator/graph/creation.ts';
import { parseNotificationUrl } from '#simulator/graph/notification-url.ts';
import { page, placeOf, topOf } from '#simulator/graph/odata.ts';
import type { GraphEvent, GraphSimulatorOptions, TokenClaims } from '#simulator/graph/options.ts';
import { readExpiry, readPayload } from '#simulator/graph/payload.ts';
import { longestLife, type SubscriptionRecord } from '#simulator/graph/record.ts';
import { invalid, isRefusal, notFound, type Refusal, type Reply, refuse } from '#simulator/graph/reply.ts';
import type { GraphRequest } from '#simulator/graph/request.ts';
import type { Sender } from '#simulator/graph/sender.ts';

/** PATCH and reauthorize stay so far apart ("Reduce missing subscriptions and change notifications"). */
const apartMs = 10 * 60_000;

export interface SubscriptionRoutes {
  create(request: GraphRequest): Promise<Reply>;
  list(request: GraphRequest): Reply;
  get(request: GraphRequest, id: string): Reply;
  update(request: GraphRequest, id: string): Promise<Reply>;
  reauthorize(request: GraphRequest, id: string): Reply;
  remove(request: GraphRequest, id: string): Reply;
}

export interface SubscriptionRoutesDeps
  extends AdmissionDeps,
    Pick<GraphSimulatorOptions, 'tenant' | 'hubs' | 'ids'>,
    Pick<Required<GraphSimulatorOptions>, 'observe'> {
  readonly sender: Sender;
  readonly now: () => number;
  /** Called after a subscription changed. */
  readonly changed: () => void;
  readonly onTenMinuteViolation: () => void;
}

export function createSubscriptionRoutes(deps: SubscriptionRoutesDeps): SubscriptionRoutes {
  const { registry, sender, faults, tenant, hubs, now, observe } = deps;
  /** Of the application, and of the signed-in user where there is one ("List subscriptions"). */
  const isOwn = (claims: TokenClaims, { applicationId, userId }: SubscriptionRecord) =>
    applicationId === claims.appId && (claims.userId === undefined || claims.userId === userId);
  const own = (claims: TokenClaims, id: string) => {
    const record = registry.live(id);
    return record !== undefined && isOwn(claims, record) ? record : undefined;
  };
  const save = (record: SubscriptionRecord, kind: Extract<GraphEvent, { subscription: unknown }>['kind']) => {
    registry.put(record);
    observe({ kind, at: now(), subscription: record });
    deps.changed();
  };
  /** A new token came: delivery goes on. */
  const authorised = (record: SubscriptionRecord, claims: TokenClaims): SubscriptionRecord => {
    const { pausedAt, nextLifecycleAt: _, ...rest } = record;
    if (pausedAt !== undefined) observe({ kind: 'resumed', at: now(), subscription: record });
    return { ...rest, tokenExpiresAt: claims.expiresAt };
  };
  const stillMay = (claims: TokenClaims, record: SubscriptionRecord): Refusal | undefined =>
    mayNot(claims, record.target) ??
    (claims.userId === record.userId
      ? undefined
      : refuse(403, 'Forbidden', 'The subscription was created by another user or in another way.'));
  const tooClose = (at: number | undefined): Refusal | undefined => {
    if (at === undefined || now() - at >= apartMs) return undefined;
    deps.onTenMinuteViolation();
    return invalid(
      'Subscription update and reauthorize requests for the same subscription must be at least 10 minutes apart.',
    );
  };
  const { conflict, overQuota, closedChat } = createAdmission(deps);
  const reachable = async (urls: readonly (string | undefined)[], requestId: string): Promise<Refusal | undefined> => {
    for (const url of new Set(urls)) {
      if (url === undefined) continue;
      const sent = await sender.validate(url, requestId);
      if (sent.ok) continue;
      return /^EventHub:/i.test(url)
        ? invalid(`Invalid event hub notification url='${url}'`)
        : refuse(400, 'ValidationError', sent.detail);
    }
    return undefined;
  };

  return {
    async create(request) {
      const record = readCreation(request, { tenant, hubs, now: now(), id: deps.ids.random() });
      if (isRefusal(record)) return record;
      const refusal =
        closedChat(record) ??
        conflict(record) ??
        overQuota(record) ??
        (await reachable([record.notificationUrl, record.lifecycleNotificationUrl], request.requestId)) ??
        // Another one may have come while the address was tried.
        conflict(record);
      if (refusal !== undefined) return refusal;
      save(record, 'created');
      const body = { ...show(record, request.version), clientState: record.clientState ?? null };
      return { status: 201, body: { '@odata.context': context(request.version, '/$entity'), ...body } };
    },

    list(request) {
      const top = topOf(request.query, 999, 100);
      const from = placeOf(request.query);
      if (typeof top !== 'number') return top;
      if (from !== undefined && isRefusal(from)) return from;
      const lying = faults.on('lies-live-unlisted');
      const live = registry.allLive().filter(({ id }) => lying === undefined || (lying.subscriptionId ?? id) !== id);
      const ghosts =
        faults.on('lies-expired-listed') === undefined
          ? []
          : registry.ended(now()).filter(({ gone }) => gone?.cause === 'expired');
      const all = [...live, ...ghosts]
        .filter((record) => isOwn(request.claims, record))
        .sort((a, b) => b.createdAt - a.createdAt || (b.id < a.id ? -1 : 1))
        .filter(
          ({ createdAt, id }) => from === undefined || createdAt < from.at || (createdAt === from.at && id < from.id),
        );
      const shown = all.slice(0, top);
      const last = shown.at(-1);
      const next = all.length > shown.length && last !== undefined ? { at: last.createdAt, id: last.id } : undefined;
      return {
        status: 200,
        body: page(
          request,
          'subscriptions',
          shown.map((each) => show(each, request.version)),
          next,
        ),
      };
    },

    get(request, id) {
      const record = own(request.claims, id);
      if (record === undefined) return notFound();
      return {
        status: 200,
        body: { '@odata.context': context(request.version, '/$entity'), ...show(record, request.version) },
      };
    },

    async update(request, id) {
      const record = own(request.claims, id);
      if (record === undefined) return notFound();
      const payload = readPayload(request.body, 'update');
      if (isRefusal(payload)) return payload;
      const changeable = ['expirationDateTime', 'notificationUrl', 'encryptionCertificate', 'encryptionCertificateId'];
      const fixed = Object.keys(payload).find((name) => !changeable.includes(name));
      if (fixed !== undefined) return invalid(`${fixed} cannot be changed on an existing subscription.`);
      if (Object.keys(payload).length === 0) return invalid('The request has no property that can be changed.');
      const expiresAt =
        payload.expirationDateTime === undefined
          ? undefined
          : readExpiry(payload.expirationDateTime, now(), longestLife(record.target), 'update');
      if (typeof expiresAt === 'object') return expiresAt;
      const pair = readEncryptionPair(payload);
      if (isRefusal(pair)) return pair;
      const url = payload.notificationUrl;
      const sink = url === undefined ? {} : parseNotificationUrl(url, hubs, tenant.domain);
      const refusal =
        stillMay(request.claims, record) ??
        tooClose(record.reauthorizedAt) ??
        (isRefusal(sink) ? sink : undefined) ??
        (url === record.notificationUrl ? undefined : await reachable([url], request.requestId));
      if (refusal !== undefined) return refusal;
      const current = own(request.claims, id);
      if (current === undefined) return notFound();
      const renewed = {
        ...authorised(current, request.claims),
        ...pair,
        ...(url === undefined ? {} : { notificationUrl: url }),
        ...(expiresAt === undefined ? {} : { expiresAt }),
        renewedAt: now(),
      };
      save(renewed, 'renewed');
      return {
        status: 200,
        body: { '@odata.context': context(request.version, '/$entity'), ...show(renewed, request.version) },
      };
    },

    reauthorize(request, id) {
      const record = own(request.claims, id);
      if (record === undefined) return notFound();
      const refusal = stillMay(request.claims, record) ?? tooClose(record.renewedAt);
      if (refusal !== undefined) return refusal;
      save({ ...authorised(record, request.claims), reauthorizedAt: now() }, 'reauthorized');
      return { status: 204 };
    },

    remove(request, id) {
      const record = own(request.claims, id);
      if (record === undefined) return notFound();
      registry.end(record, 'deleted', now());
      observe({ kind: 'deleted', at: now(), subscription: record });
      deps.changed();
      return { status: 204 };
    },
  };
}

const context = (version: string, suffix: string) =>
  `https://graph.microsoft.com/${version}/$metadata#subscriptions${suffix}`;

/** A subscription as GET shows it: neither its clientState nor its certificate. */
function show(record: SubscriptionRecord, version: string): JsonObject {
  return {
    id: record.id,
    resource: record.resource,
    applicationId: record.applicationId,
    changeType: record.changeTypes.join(','),
    clientState: null,
    notificationUrl: record.notificationUrl,
    notificationQueryOptions: null,
    lifecycleNotificationUrl: record.lifecycleNotificationUrl ?? null,
    expirationDateTime: new Date(record.expiresAt).toISOString(),
    creatorId: record.creatorId,
    includeResourceData: record.includeResourceData,
    latestSupportedTlsVersion: record.latestSupportedTlsVersion,
    encryptionCertificate: null,
    encryptionCertificateId: record.encryptionCertificateId ?? null,
    notificationUrlAppId: null,
    ...(version === 'beta' ? { notificationContentType: null } : {}),
  };
}
