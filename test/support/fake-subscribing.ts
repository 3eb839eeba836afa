import type {
  CredentialView,
  PendingSignIn,
  Started,
  Subscribing,
  SubscriptionView,
  WatchReport,
} from '#web/subscribing.ts';

/** Sign-in, subscriptions and watch in memory, with handles to make things happen. */
export interface FakeSubscribing extends Subscribing {
  /** What was asked for, as `sign-in chat`. */
  readonly asked: string[];
  /** From now on nobody carries anything out. */
  away: boolean;
  /** Somebody entered the code. */
  enterCode(): void;
}

export function createFakeSubscribing(now: () => number = Date.now): FakeSubscribing {
  const iso = (ms: number) => new Date(ms).toISOString();
  const hour = 3_600_000;
  const asked: string[] = [];
  let credential: CredentialView = {
    ...{ id: 'chat', feed: 'chat', state: 'sign-in-again', word: 'The password was changed' },
    next: 'Sign in again.',
    permissions: [{ name: 'Chat.Read', granted: true, needed: true, reason: 'to subscribe to chats' }],
  };
  const subscription: SubscriptionView = {
    ...{ id: 'chat', feed: 'chat', state: 'ok', word: 'live', expiresAt: iso(now() + 50 * hour) },
    lastProofAt: iso(now()),
  };
  const fake: FakeSubscribing = {
    asked,
    away: false,
    enterCode() {
      const { pending: _, next: __, ...rest } = credential;
      credential = {
        ...rest,
        state: 'ok',
        word: 'signed in',
        lastProofAt: iso(now()),
        signIn: 'worked',
        signInAt: iso(now()),
      };
    },
    credentials: async () => [credential],
    subscriptions: async () => [subscription],
    async watch(from, to): Promise<WatchReport> {
      const gap = [iso(to - 2 * hour), iso(to - hour)] as const;
      return {
        ...{ from: iso(from), to: iso(to) },
        feeds: [
          {
            ...{ feed: 'chat', watching: true, lastProofAt: iso(now()) },
            ...{ watchedSeconds: (to - from) / 1000 - 3600, gapSeconds: 3600, unknownSeconds: 0 },
            spans: [
              { watching: true, from: iso(from), to: gap[0], open: false },
              {
                watching: false,
                from: gap[0],
                to: gap[1],
                open: false,
                cause: 'sign-in-needed',
                word: 'somebody had to sign in',
              },
              { watching: true, from: gap[1], to: iso(to), open: true },
            ],
          },
        ],
      };
    },
    async signIn(id, method) {
      const pending: PendingSignIn = {
        ...(method === 'browser'
          ? { method, verificationUri: 'https://login.example/authorize?state=this' }
          : { method: 'device-code', userCode: 'H7WQ4KTD', verificationUri: 'https://login.example/device' }),
        expiresAt: iso(now() + 900_000),
      };
      const begun = act(`sign-in ${id}${method === 'browser' ? ' by browser' : ''}`, id === 'chat', pending);
      if (begun.ok) credential = { ...credential, pending };
      return begun;
    },
    completeSignIn: async (id, address) =>
      address.includes('state=other')
        ? { ok: false, reason: 'refused', detail: 'This address belongs to another sign-in.' }
        : act(`address ${id}: ${address}`, id === 'chat', undefined),
    revoke: async (id, why) => act(`revoke ${id}: ${why}`, id === 'chat', { started: true, recorded: true } as const),
    renew: async (id) => act(`renew ${id}`, id === 'chat', undefined),
    recreate: async (id) => act(`recreate ${id}`, id === 'chat', undefined),
    leave: async () => act('leave', true, { ended: true, subscriptions: ['chat'], credentials: ['chat'], waiting: [] }),
  };
  function act<T>(what: string, known: boolean, value: T): Started<T> {
    if (fake.away) return { ok: false, reason: 'workflows-away', detail: 'Temporal does not answer.' };
    if (!known) return { ok: false, reason: 'not-found' };
    asked.push(what);
    return { ok: true, value };
  }
  return fake;
}
