import { readClientStates } from '#domain/subscriptions/client-states.ts';
import type { GraphSubscription } from '#ports/graph.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { notificationKeySecret } from '#workflows/activities/notification-certificate.ts';
import { clientStateSecret, decodeText } from '#workflows/activities/secrets.ts';
import { differsFrom, inTheWay, isWider, resourceOf } from '#workflows/activities/subscription-request.ts';
import { troubleOf, withoutTarget } from '#workflows/activities/trouble.ts';
import { type SubscriptionSpec, streamOf, subscriptionWorkflowId } from '#workflows/contract.ts';
import type { Activities, Inspection, Trouble } from '#workflows/definitions/activities.ts';

/**
 * What Graph has for an entity: by its id when it is known (a live one may not be listed, an expired one may), else whatever stands in the way of a new one. Ours is one of
 * our application with our addresses and content, whose client state and private key we hold.
 */
export async function inspectSubscription(
  deps: ActivityDeps,
  input: Parameters<Activities['inspectSubscription']>[0],
  userId: (spec: SubscriptionSpec) => Promise<{ readonly ok: true; readonly id?: string } | Trouble>,
): Promise<Inspection | Trouble> {
  const { spec } = input;
  const graph = deps.graph(spec.credential);
  const user = await userId(spec);
  if (!user.ok) return user;
  const resource = resourceOf(spec, user.id);

  async function judge(found: GraphSubscription): Promise<Inspection | Trouble> {
    const why = differsFrom(spec, deps.delivery, resource, found) ?? (await unknownSecret(found));
    if (typeof why === 'object') return why;
    if (why !== undefined) return { ok: true, found: 'foreign', graphId: found.id, why };
    const { id: graphId, expiresAt, encryptionCertificateId } = found;
    return {
      ...{ ok: true, found: 'ours', graphId, expiresAt },
      ...(encryptionCertificateId === undefined ? {} : { certificateId: encryptionCertificateId }),
      ...(isWider(spec, found) ? { wider: true } : {}),
      ...(await lastTouch(deps, spec.id, graphId)),
    };
  }

  async function unknownSecret(found: GraphSubscription): Promise<string | Trouble | undefined> {
    const states = await deps.secrets.read(clientStateSecret(spec.id));
    if (!states.ok) return troubleOf(states, 'key-store');
    if (states.value === undefined || readClientStates(decodeText(states.value)).current === undefined)
      return 'its client state is not known here';
    if (spec.content === 'basic') return undefined;
    const { encryptionCertificateId: certificateId } = found;
    if (certificateId === undefined) return 'it has no certificate';
    if ((await deps.holdsKey?.(certificateId)) === true) return undefined;
    const key = await deps.secrets.read(notificationKeySecret(certificateId));
    if (!key.ok) return troubleOf(key, 'key-store');
    return key.value === undefined ? 'the private key of its certificate is not here' : undefined;
  }

  if (input.graphId !== undefined) {
    const found = await graph.getSubscription(input.graphId);
    if (found.ok && found.value.expiresAt > deps.clock.now()) return await judge(found.value);
    if (!found.ok && found.reason !== 'not-found') return troubleOf(found, 'graph');
  }
  const listed = await graph.listSubscriptions();
  if (!listed.ok) return withoutTarget(listed);
  const now = deps.clock.now();
  const candidates = listed.value.filter((each) => each.expiresAt > now && inTheWay(spec, resource, each));
  let foreign: Inspection | undefined;
  for (const candidate of candidates) {
    const judged = await judge(candidate);
    if (!judged.ok || judged.found === 'ours') return judged;
    foreign ??= judged;
  }
  return foreign ?? { ok: true, found: 'none' };
}

const tailLength = 50;

/** When Graph was last given a token for it, as the log has it: Temporal may have lost what it knew. */
async function lastTouch(
  deps: Pick<ActivityDeps, 'log'>,
  id: string,
  graphId: string,
): Promise<{ readonly touchedAt?: number; readonly deliversUntil?: number }> {
  const stream = streamOf(subscriptionWorkflowId(id));
  const tail = await deps.log.readStream(stream, { direction: 'backwards', limit: tailLength });
  if (!tail.ok) return {};
  const touch = tail.events.find(
    ({ type, data }) =>
      (type === 'SubscriptionCreated' || type === 'SubscriptionRenewed') && data['graphId'] === graphId,
  );
  const deliversUntil = Date.parse(String(touch?.data['deliversUntil']));
  if (touch === undefined || Number.isNaN(deliversUntil)) return {};
  return { touchedAt: touch.created, deliversUntil };
}
