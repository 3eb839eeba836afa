import { randomBytes } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { readClientStates, withClientState } from '#domain/subscriptions/client-states.ts';
import type { EncryptionCertificate, GraphFailure, GraphSubscription } from '#ports/graph.ts';
import type { ActivityDeps } from '#workflows/activities/deps.ts';
import { inspectSubscription } from '#workflows/activities/inspect.ts';
import { notificationCertificate } from '#workflows/activities/notification-certificate.ts';
import { changeSecret, clientStateSecret, decodeText, encodeText } from '#workflows/activities/secrets.ts';
import {
  addressesOf,
  changeTypeOf,
  isWider,
  resourceOf,
  throughEventGrid,
} from '#workflows/activities/subscription-request.ts';
import {
  answerOrWait,
  identityTrouble,
  troubleOf,
  withoutTarget,
  withoutTopic,
} from '#workflows/activities/trouble.ts';
import { credentialWorkflowId, type Feed, type SubscriptionSpec, tokenRefused } from '#workflows/contract.ts';
import type { Activities, LiveFacts, Patient, SubscriptionCall, Trouble } from '#workflows/definitions/activities.ts';

type Names =
  | 'inspectSubscription'
  | 'createSubscription'
  | 'renewSubscription'
  | 'reauthoriseSubscription'
  | 'deleteSubscription'
  | 'forgetSubscription';

export function createSubscriptionActivities(deps: ActivityDeps): Pick<Activities, Names> {
  const { ids, secrets, clock } = deps;
  const graph = (spec: SubscriptionSpec) => deps.graph(spec.credential);

  /** A token that lives long enough, which the following call to Graph takes: Graph delivers only as long as it lives. */
  async function freshToken({
    spec,
    tokenLiveMs,
  }: SubscriptionCall): Promise<{ readonly ok: true; readonly expiresAt: number } | Trouble> {
    const token = await deps.identity(spec.credential).token({ liveMs: tokenLiveMs });
    return token.ok ? { ok: true, expiresAt: token.token.expiresAt } : identityTrouble(token.trouble, true);
  }

  async function certificate(
    id: string | undefined,
  ): Promise<{ readonly ok: true; readonly value?: EncryptionCertificate } | Trouble> {
    if (id === undefined) return { ok: true };
    const kept = await notificationCertificate(deps, id);
    if (!kept.ok) return troubleOf(kept, 'key-store');
    return kept;
  }

  /** The client state of one creation, kept before Graph hears of it; those before it are known for as long as notices may carry them. */
  async function clientState(
    id: string,
    creation: string,
  ): Promise<{ readonly ok: true; readonly value: string } | Trouble> {
    let value = '';
    const kept = await changeSecret(secrets, clientStateSecret(id), (before) => {
      const states = readClientStates(before === undefined ? undefined : decodeText(before));
      const next = withClientState(states, { value: randomBytes(48).toString('base64url'), creation }, clock.now());
      value = next.current?.value ?? '';
      return next === states ? undefined : encodeText(JSON.stringify(next));
    });
    return kept.ok ? { ok: true, value } : troubleOf(kept, 'key-store');
  }

  async function create(input: Parameters<Activities['createSubscription']>[0]): Promise<LiveFacts | Trouble> {
    const { spec } = input;
    const user = await userId(spec);
    if (!user.ok) return user;
    const token = await freshToken(input);
    if (!token.ok) return token;
    const encryption = await certificate(input.certificateId);
    if (!encryption.ok) return encryption;
    const state = await clientState(spec.id, input.creation);
    if (!state.ok) return state;
    const { blobStoreUrl, ...addresses } = addressesOf(deps.delivery, spec.feed);
    const made = await graph(spec).createSubscription({
      changeType: changeTypeOf(spec, input.wider),
      ...{ resource: resourceOf(spec, user.id), clientState: state.value },
      ...addresses,
      // Basic notifications are small.
      ...(blobStoreUrl === undefined || encryption.value === undefined ? {} : { blobStoreUrl }),
      expiresAt: clock.now() + input.lifeMs,
      ...(encryption.value === undefined ? {} : { encryption: encryption.value }),
    });
    if (made.ok) return { ...live(made.value, token.expiresAt), ...(isWider(spec, made.value) ? { wider: true } : {}) };
    const trouble = withoutTarget(made);
    return throughEventGrid(addresses.notificationUrl) ? withoutTopic(made, trouble) : trouble;
  }

  async function userId(spec: SubscriptionSpec): Promise<{ readonly ok: true; readonly id?: string } | Trouble> {
    if (spec.feed !== 'chat') return { ok: true };
    const known = await deps.identity(spec.credential).state();
    if (!known.ok) return identityTrouble(known.trouble, true);
    if (known.userId !== undefined) return { ok: true, id: known.userId };
    const me = await graph(spec).me();
    return me.ok ? { ok: true, id: me.value.id } : withoutTarget(me);
  }

  async function renew(input: Parameters<Activities['renewSubscription']>[0]): Promise<LiveFacts | Trouble> {
    const token = await freshToken(input);
    if (!token.ok) return token;
    const encryption = await certificate(input.certificateId);
    if (!encryption.ok) return encryption;
    const renewed = await graph(input.spec).renewSubscription(input.graphId, {
      expiresAt: clock.now() + input.lifeMs,
      ...(encryption.value === undefined ? {} : { encryption: encryption.value }),
    });
    return renewed.ok ? live(renewed.value, token.expiresAt) : troubleOf(repeatable(renewed), 'graph');
  }

  async function reauthorise(
    input: Parameters<Activities['reauthoriseSubscription']>[0],
  ): ReturnType<Activities['reauthoriseSubscription']> {
    const token = await freshToken(input);
    if (!token.ok) return token;
    const done = await graph(input.spec).reauthorizeSubscription(input.graphId);
    return done.ok ? { ok: true, tokenExpiresAt: token.expiresAt } : troubleOf(repeatable(done), 'graph');
  }

  const answer = async <T extends { readonly ok: true }>(
    input: Patient,
    credential: Feed,
    outcome: T | Trouble,
  ): Promise<T | Trouble> => {
    if (outcome.ok) return outcome;
    if (outcome.kind === 'credential') await tellCredential(credential);
    return answerOrWait(ids, input, outcome);
  };

  return {
    inspectSubscription: async (input) =>
      answer(input, input.spec.credential, await inspectSubscription(deps, input, userId)),
    createSubscription: async (input) => answer(input, input.spec.credential, await create(input)),
    renewSubscription: async (input) => answer(input, input.spec.credential, await renew(input)),
    reauthoriseSubscription: async (input) => answer(input, input.spec.credential, await reauthorise(input)),
    async deleteSubscription(input) {
      const gone = await deps.graph(input.credential).deleteSubscription(input.graphId);
      if (gone.ok || gone.reason === 'not-found') return { ok: true };
      return answer(input, input.credential, troubleOf(repeatable(gone), 'graph'));
    },
    async forgetSubscription(input) {
      const removed = await secrets.remove(clientStateSecret(input.id));
      return removed.ok ? { ok: true } : answerOrWait(ids, input, troubleOf(removed, 'key-store'));
    },
  };
}

/** Its own token may live on, and then it looks only when half of that life is over. */
async function tellCredential(credential: Feed): Promise<void> {
  try {
    await Context.current().client.workflow.getHandle(credentialWorkflowId(credential)).signal(tokenRefused);
  } catch {
    // It looks by itself in time.
  }
}

/** Of what may be done twice: whether it was done or not, it is simply done again. */
function repeatable(failure: GraphFailure): GraphFailure {
  return failure.reason === 'unknown-outcome' ? { ...failure, reason: 'unavailable' } : failure;
}

function live(subscription: GraphSubscription, tokenExpiresAt: number): LiveFacts {
  const { id, expiresAt, encryptionCertificateId } = subscription;
  return {
    ...{ ok: true, graphId: id, expiresAt, tokenExpiresAt },
    ...(encryptionCertificateId === undefined ? {} : { certificateId: encryptionCertificateId }),
  };
}
