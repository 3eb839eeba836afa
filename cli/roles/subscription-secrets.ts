import { createPrivateKey, type KeyObject } from 'node:crypto';
import { matchesAny } from '#adapters/crypto/compare.ts';
import type { Feed } from '#domain/notices/item.ts';
import { acceptedClientStates, readClientStates } from '#domain/subscriptions/client-states.ts';
import type { Clock } from '#ports/clock.ts';
import type { Secrets } from '#ports/secrets.ts';
import { notificationKeySecret } from '#workflows/activities/notification-certificate.ts';

/** What ingest has to know of subscriptions that Tocsin made itself. */
export interface SubscriptionSecrets {
  /**
   * The private key that a rich notification was encrypted for; undefined where we have none of that name.
   * @throws while the key store is away: the notice has to wait, or it would be on record for ever as one that nobody can open
   */
  findKey(certificateId: string): Promise<KeyObject | undefined>;
  /** Client states that a notice may carry now. */
  clientStates(): readonly string[];
  /**
   * The feed of the subscription that a notice came for: by its client state, which is that of one subscription alone; where it carries none of ours, by the
   * id that Graph gave the subscription, once a notice was seen with both. Undefined where neither is known.
   */
  feedOf(subscriptionId: string | undefined, clientState: string | undefined): Feed | undefined;
  /** A notice whose client state is right: what its subscription is of is remembered. */
  saw(subscriptionId: string, clientState: string | undefined): void;
  /** Reads them again where they are old: asked before notices are judged. Undefined where nothing is to be waited for; else resolves soon, whether they were read by then or not. */
  refresh(): Promise<void> | undefined;
}

const prefix = 'subscription/';
const feeds = ['chat', 'events'] as const;
/** Graph's ids whose feed is remembered: an organisation has at most 10,000 subscriptions, and each gets a new id now and then. */
const mostIds = 20_000;
/** A call must not wait for a key store that is slow: this long, milliseconds, and once for each reading. */
const patienceMs = 250;
const decoder = new TextDecoder();

/** @param freshMs milliseconds for which what was read counts as new: Graph takes longer to answer the creation that a new one is written for */
export function createSubscriptionSecrets(
  secrets: Pick<Secrets, 'read' | 'names'>,
  clock: Clock,
  freshMs = 100,
): SubscriptionSecrets {
  const keys = new Map<string, KeyObject>();
  let states: Readonly<Record<Feed, readonly string[]>> = { chat: [], events: [] };
  /** By Graph's id; undefined for subscriptions that are not ours. */
  const feedOfId = new Map<string, Feed | undefined>();
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<unknown> | undefined;
  let waiting: Promise<void> | undefined;

  async function read(): Promise<void> {
    const names = await secrets.names(prefix);
    // While the key store is away, what was known last stays.
    if (!names.ok) return;
    const own = names.names.filter((one) => one.endsWith('/client-state'));
    const all = await Promise.all(own.map((one) => secrets.read(one)));
    if (all.some(({ ok }) => !ok)) return;
    const read: Record<Feed, string[]> = { chat: [], events: [] };
    for (const [index, kept] of all.entries())
      if (kept.ok && kept.value !== undefined)
        // One subscription of the chat feed, one of the other for each policy: `events/<policy>`.
        read[own[index]?.startsWith(`${prefix}events/`) ? 'events' : 'chat'].push(
          ...acceptedClientStates(readClientStates(decoder.decode(kept.value)), clock.now()),
        );
    states = read;
  }

  /** Both are compared whatever comes of the first: the time must not tell which it was. */
  function feedOfState(clientState: string | undefined): Feed | undefined {
    return feeds.filter((each) => matchesAny(clientState ?? '', states[each]))[0];
  }

  return {
    async findKey(certificateId) {
      const known = keys.get(certificateId);
      if (known !== undefined) return known;
      // Names are of a closed alphabet; an id of somebody else's certificate need not be.
      if (!/^[a-z0-9][a-z0-9._-]{0,127}$/.test(certificateId)) return undefined;
      const kept = await secrets.read(notificationKeySecret(certificateId));
      if (!kept.ok) throw new Error(`key store: ${kept.detail}`);
      if (kept.value === undefined) return undefined;
      const pem = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----/.exec(decoder.decode(kept.value))?.[0];
      if (pem === undefined) return undefined;
      const key = createPrivateKey(pem);
      keys.set(certificateId, key);
      return key;
    },
    clientStates: () => [...states.chat, ...states.events],
    feedOf: (subscriptionId, clientState) => feedOfState(clientState) ?? feedOfId.get(subscriptionId ?? ''),
    saw(subscriptionId, clientState) {
      if (feedOfId.has(subscriptionId)) return;
      if (feedOfId.size >= mostIds) feedOfId.clear();
      feedOfId.set(subscriptionId, feedOfState(clientState));
    },
    refresh() {
      if (reading === undefined && clock.monotonic() - readAt < freshMs) return undefined;
      if (reading === undefined || waiting === undefined) {
        const over = new AbortController();
        reading = read()
          .catch(() => undefined)
          .finally(() => {
            readAt = clock.monotonic();
            reading = undefined;
            over.abort();
          });
        // Ends with the reading, or when patience does; whoever comes later waits no longer than the first.
        waiting = clock.sleep(patienceMs, over.signal);
      }
      return waiting;
    },
  };
}
