import type { IdentityTrouble } from '#domain/identity/trouble.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type {
  EncryptionCertificate,
  Graph,
  GraphFailure,
  GraphResult,
  GraphSubscription,
  SubscriptionRequest,
} from '#ports/graph.ts';
import type { CredentialId, CredentialState, Identity, IdentityFailure } from '#ports/identity.ts';
import type { Secrets } from '#ports/secrets.ts';

/** Secrets that are gone with the test. */
export function createFakeSecrets() {
  const kept = new Map<string, { readonly value: Uint8Array; readonly version: string }>();
  const state = { away: false };
  const failure = { ok: false, reason: 'unavailable', detail: 'the key store is away' } as const;
  let versions = 0;
  const secrets: Secrets = {
    async read(name) {
      if (state.away) return failure;
      const found = kept.get(name);
      return found === undefined ? { ok: true, version: 'none' } : { ok: true, ...found };
    },
    async write(name, value, expected) {
      if (state.away) return failure;
      if ((kept.get(name)?.version ?? 'none') !== expected) return { ok: false, reason: 'conflict' };
      versions += 1;
      kept.set(name, { value, version: String(versions) });
      return { ok: true, version: String(versions) };
    },
    async remove(name) {
      if (state.away) return failure;
      kept.delete(name);
      return { ok: true };
    },
    names: async (prefix) =>
      state.away ? failure : { ok: true, names: [...kept.keys()].filter((name) => name.startsWith(prefix)).sort() },
    lock: async () => ({ ok: true, release: async () => undefined }),
  };
  const text = (name: string) => {
    const found = kept.get(name);
    return found === undefined ? undefined : new TextDecoder().decode(found.value);
  };
  return { secrets, state, text, names: () => [...kept.keys()].sort() };
}

/** A credential at an Entra of the test's: what it says is set by the test. */
export function createFakeIdentity(options: {
  readonly credential: CredentialId;
  readonly kind: Identity['kind'];
  readonly clock: Pick<Clock, 'now'>;
  readonly signedIn: boolean;
  readonly tokenLifeMs: () => number;
  readonly grantLifeMs?: number;
}) {
  const { clock } = options;
  const grantLifeMs = options.grantLifeMs ?? 90 * 86_400_000;
  const control = {
    signedIn: options.signedIn,
    trouble: undefined as IdentityTrouble | undefined,
    /** The same, by a rule. */
    troubleNow: (): IdentityTrouble | undefined => undefined,
    onRefusal: (): void => undefined,
    userId: 'object-id-canary-4711',
    codes: 0,
    calls: 0,
    forgotten: 0,
    grantExpiresAt: clock.now() + grantLifeMs,
    token: undefined as { readonly value: string; readonly expiresAt: number } | undefined,
    /** What sign-ins by browser were called, each time that one was begun. */
    names: [] as (string | undefined)[],
    /** Where a browser ended, as somebody brought it. */
    brought: '',
    /** Answers the code that waits. */
    approve: () => {},
  };
  const failed = (trouble: IdentityTrouble): IdentityFailure => ({ ok: false, reason: 'identity', trouble });
  const state = (): CredentialState => ({
    ...{ ok: true, signedIn: control.signedIn, permissions: ['Chat.Read'], grantExpiresAt: control.grantExpiresAt },
    ...(control.token === undefined ? {} : { tokenExpiresAt: control.token.expiresAt }),
    ...(options.kind === 'delegated' ? { userId: control.userId, userName: 'canary-person@example.org' } : {}),
  });
  const mint = () => {
    control.calls += 1;
    control.grantExpiresAt = clock.now() + grantLifeMs;
    control.token = {
      value: `token-canary-${control.calls}`,
      expiresAt: clock.now() + options.tokenLifeMs(),
    };
    return { ok: true, token: control.token } as const;
  };
  const signIn = async (signal: AbortSignal, show: () => void | Promise<void>) => {
    const answered = Promise.withResolvers<void>();
    control.approve = answered.resolve;
    signal.addEventListener('abort', () => answered.resolve(), { once: true });
    await show();
    await answered.promise;
    if (signal.aborted) return failed(signInAgain('cancelled'));
    control.signedIn = true;
    control.trouble = undefined;
    mint();
    return state();
  };
  const identity: Identity = {
    ...{ credential: options.credential, kind: options.kind },
    signInWithCode: ({ signal, show }) =>
      signIn(signal, () => {
        control.codes += 1;
        return show({
          ...{ userCode: `CODE-${control.codes}`, verificationUri: 'https://login.example/device' },
          expiresAt: clock.now() + 900_000,
        });
      }),
    signInWithBrowser: ({ signal, open, name }) =>
      signIn(signal, () => {
        control.names.push(name);
        return open('https://login.example/authorize?state=canary', clock.now() + 900_000);
      }),
    async completeSignInWithBrowser(address) {
      control.brought = address;
      control.signedIn = true;
      control.trouble = undefined;
      mint();
      return state();
    },
    async token({ liveMs = 300_000, force = false } = {}) {
      const trouble = control.trouble ?? control.troubleNow();
      // A token that was got before lives on.
      const kept = !force && control.token !== undefined && control.token.expiresAt - clock.now() >= liveMs;
      if (trouble !== undefined && !kept) {
        control.onRefusal();
        return failed(trouble);
      }
      if (!control.signedIn) return failed(signInAgain('not-signed-in'));
      if (!force && control.token !== undefined && control.token.expiresAt - clock.now() >= liveMs)
        return { ok: true, token: control.token };
      return mint();
    },
    state: async () => state(),
    async forget() {
      control.signedIn = false;
      control.token = undefined;
      control.forgotten += 1;
      return { ok: true };
    },
  };
  return { identity, control };
}

export function signInAgain(code: string): IdentityTrouble {
  return { kind: 'sign-in-again', code, what: 'The sign-in is not valid any more.', next: 'Sign in again.' };
}

type Operation = 'create' | 'renew' | 'reauthorise' | 'delete' | 'get' | 'list' | 'me' | 'chats' | 'messages';

export interface FakeSubscription extends SubscriptionRequest {
  readonly id: string;
  expiresAt: number;
  tokenExpiresAt: number;
  encryption?: EncryptionCertificate;
  readonly touches: { readonly kind: 'renew' | 'reauthorise'; readonly at: number }[];
}

/** Graph's `/subscriptions` with the rules that matter here; the shelf of subscriptions is the test's to look at and to break. */
export function createFakeGraph(options: {
  readonly clock: Pick<Clock, 'now'>;
  /** Longest life that is granted, milliseconds. */
  readonly longestMs: number;
  /** PATCH and reauthorize may not be closer: milliseconds. */
  readonly quietMs: number;
}) {
  const { clock } = options;
  const shelf = new Map<string, FakeSubscription>();
  const violations: string[] = [];
  const calls: { readonly operation: Operation; readonly at: number }[] = [];
  const control = {
    /** Asked before every call; `lost-answer` does it and says that nobody knows. */
    fault: undefined as ((operation: Operation) => GraphFailure | 'lost-answer' | undefined) | undefined,
    unlisted: new Set<string>(),
    onTouch: (_: FakeSubscription): void => undefined,
    onEnd: (_: FakeSubscription): void => undefined,
    made: 0,
    /** What the service user can read; nothing without it. */
    readable: undefined as
      | {
          readonly chats: (since: number) => readonly { readonly id: string; readonly lastMessageAt: string }[];
          readonly messages: (chatId: string, since: number, until: number) => readonly JsonObject[];
        }
      | undefined,
  };
  const live = () => [...shelf.values()].filter(({ expiresAt }) => expiresAt > clock.now());
  const shown = (subscription: FakeSubscription): GraphSubscription => ({
    ...{ id: subscription.id, resource: subscription.resource, changeType: subscription.changeType },
    ...{ notificationUrl: subscription.notificationUrl, applicationId: 'application-id' },
    lifecycleNotificationUrl: subscription.lifecycleNotificationUrl,
    includeResourceData: subscription.encryption !== undefined,
    expiresAt: subscription.expiresAt,
    ...(subscription.encryption === undefined ? {} : { encryptionCertificateId: subscription.encryption.id }),
  });
  /** As the client says it: what may be done twice was tried several times by then. */
  const lostAnswer = (operation: Operation): GraphFailure =>
    operation === 'create' || operation === 'reauthorise'
      ? { ok: false, reason: 'unknown-outcome', detail: 'the connection broke' }
      : { ok: false, reason: 'unavailable', detail: 'the connection broke' };
  const gone: GraphFailure = { ok: false, reason: 'not-found', detail: 'no such subscription', status: 404 };

  function remove(id: string): void {
    const found = shelf.get(id);
    if (found === undefined) return;
    shelf.delete(id);
    control.onEnd(found);
  }

  function graphOf(identity: Identity): Graph {
    async function under<T>(
      operation: Operation,
      work: (token: { readonly expiresAt: number }) => GraphResult<T>,
    ): Promise<GraphResult<T>> {
      const token = await identity.token();
      if (!token.ok) return token;
      calls.push({ operation, at: clock.now() });
      const fault = control.fault?.(operation);
      if (fault !== undefined && fault !== 'lost-answer') return fault;
      const result = work(token.token);
      return fault === 'lost-answer' ? lostAnswer(operation) : result;
    }
    const touch = (id: string, kind: 'renew' | 'reauthorise', expiresAt: number) => {
      const found = shelf.get(id);
      if (found === undefined || found.expiresAt <= clock.now()) return undefined;
      const last = found.touches.at(-1);
      if (last !== undefined && last.kind !== kind && clock.now() - last.at < options.quietMs)
        violations.push(`${last.kind} and ${kind} of ${found.resource} within ${clock.now() - last.at} ms`);
      found.touches.push({ kind, at: clock.now() });
      found.tokenExpiresAt = expiresAt;
      if (kind === 'reauthorise') control.onTouch(found);
      return found;
    };
    return {
      createSubscription: (request) =>
        under('create', (token) => {
          const there = live().find(
            (each) => each.resource === request.resource && each.changeType === request.changeType,
          );
          if (there !== undefined)
            return { ok: false, reason: 'conflict', detail: 'already exists', status: 409, existingId: there.id };
          if (request.expiresAt > clock.now() + options.longestMs)
            return { ok: false, reason: 'rejected', detail: 'expirationDateTime is too far away', status: 400 };
          control.made += 1;
          const made: FakeSubscription = {
            ...{ ...request, id: `graph-${control.made}`, tokenExpiresAt: token.expiresAt, touches: [] },
          };
          shelf.set(made.id, made);
          control.onTouch(made);
          return { ok: true, value: shown(made) };
        }),
      renewSubscription: (id, change) =>
        under('renew', (token) => {
          const found = touch(id, 'renew', token.expiresAt);
          if (found === undefined) return gone;
          found.expiresAt = change.expiresAt;
          control.onTouch(found);
          if (change.encryption !== undefined) found.encryption = change.encryption;
          return { ok: true, value: shown(found) };
        }),
      reauthorizeSubscription: (id) =>
        under('reauthorise', (token) =>
          touch(id, 'reauthorise', token.expiresAt) === undefined ? gone : { ok: true, value: undefined },
        ),
      deleteSubscription: (id) =>
        under('delete', () => {
          remove(id);
          return { ok: true, value: undefined };
        }),
      getSubscription: (id) =>
        under('get', () => {
          const found = shelf.get(id);
          return found === undefined ? gone : { ok: true, value: shown(found) };
        }),
      listSubscriptions: () =>
        under('list', () => ({
          ok: true,
          value: [...shelf.values()].filter(({ id }) => !control.unlisted.has(id)).map(shown),
        })),
      me: () => under('me', () => ({ ok: true, value: { id: 'object-id', userPrincipalName: 'canary' } })),
      chats: async (since) =>
        control.readable === undefined
          ? { ok: true, value: [] }
          : under('chats', () => ({ ok: true, value: control.readable?.chats(since) ?? [] })),
      messages: async (chatId, since, until) =>
        control.readable === undefined
          ? { ok: true, value: [] }
          : under('messages', () => ({ ok: true, value: control.readable?.messages(chatId, since, until) ?? [] })),
      message: async () => gone,
    };
  }

  return { graphOf, remove, shelf, live, control, calls, violations };
}

export const graphAway: GraphFailure = { ok: false, reason: 'unavailable', detail: 'HTTP 503', status: 503 };
