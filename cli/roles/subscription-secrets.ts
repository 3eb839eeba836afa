import { createPrivateKey, type KeyObject } from 'node:crypto';
import { acceptedClientStates, readClientStates } from '#domain/subscriptions/client-states.ts';
import type { Clock } from '#ports/clock.ts';
import type { Secrets } from '#ports/secrets.ts';
import { notificationKeySecret } from '#workflows/activities/notification-certificate.ts';

/** What ingest has to know of subscriptions that Tocsin made itself. */
export interface SubscriptionSecrets {
  /** The private key that a rich notification was encrypted for. */
  findKey(certificateId: string): Promise<KeyObject | undefined>;
  /** Client states that a notice may carry now. */
  clientStates(): readonly string[];
  /** Reads them again where they are old: asked before notices are judged. Undefined where nothing is to be waited for. */
  refresh(): Promise<void> | undefined;
}

const prefix = 'subscription/';
const decoder = new TextDecoder();

/** @param freshMs milliseconds for which what was read counts as new: Graph takes longer to answer the creation that a new one is written for */
export function createSubscriptionSecrets(
  secrets: Pick<Secrets, 'read' | 'names'>,
  clock: Clock,
  freshMs = 100,
): SubscriptionSecrets {
  const keys = new Map<string, KeyObject>();
  let states: readonly string[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    const names = await secrets.names(prefix);
    // While the key store is away, what was known last stays.
    if (!names.ok) return;
    const found: string[] = [];
    for (const name of names.names.filter((one) => one.endsWith('/client-state'))) {
      const kept = await secrets.read(name);
      if (!kept.ok) return;
      if (kept.value !== undefined)
        found.push(...acceptedClientStates(readClientStates(decoder.decode(kept.value)), clock.now()));
    }
    states = found;
  }

  return {
    async findKey(certificateId) {
      const known = keys.get(certificateId);
      if (known !== undefined) return known;
      // Names are of a closed alphabet; an id of somebody else's certificate need not be.
      if (!/^[a-z0-9][a-z0-9._-]{0,127}$/.test(certificateId)) return undefined;
      const kept = await secrets.read(notificationKeySecret(certificateId));
      if (!kept.ok || kept.value === undefined) return undefined;
      const pem = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----/.exec(decoder.decode(kept.value))?.[0];
      if (pem === undefined) return undefined;
      const key = createPrivateKey(pem);
      keys.set(certificateId, key);
      return key;
    },
    clientStates: () => states,
    refresh() {
      if (reading === undefined && clock.monotonic() - readAt < freshMs) return undefined;
      reading ??= read().finally(() => {
        readAt = clock.monotonic();
        reading = undefined;
      });
      return reading;
    },
  };
}
