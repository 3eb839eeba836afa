import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { systemIds } from '#adapters/system/ids.ts';
import { createSubscriptionSecrets } from '#cli/roles/subscription-secrets.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { createMemorySecrets } from '#simulator/memory-secrets.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const states = (value: string) => encode(JSON.stringify({ current: { value, creation: 'c' }, previous: [] }));

describe('what ingest knows of our own subscriptions', () => {
  const begin = () => {
    const clock = createManualClock(Date.parse('2026-11-21T12:00:00Z'));
    const secrets = createMemorySecrets({ clock, ids: systemIds });
    return { clock, secrets, known: createSubscriptionSecrets(secrets, clock) };
  };

  it('are the client states of all of them, read anew when they are old, and not more often', async () => {
    const { clock, secrets, known } = begin();
    await secrets.write('subscription/chat/client-state', states('one'), 'none');
    await known.refresh();
    expect(known.clientStates()).toEqual(['one']);
    await secrets.write('subscription/events/0123456789ab/client-state', states('two'), 'none');
    expect(known.refresh()).toBeUndefined();
    clock.advance(100);
    await known.refresh();
    expect(known.clientStates()).toEqual(['one', 'two']);
  });

  it('are the feed of each: by its client state, or by the id that Graph gave it once both were seen together', async () => {
    const { secrets, known } = begin();
    await secrets.write('subscription/chat/client-state', states('one'), 'none');
    await secrets.write('subscription/events/0123456789ab/client-state', states('two'), 'none');
    await known.refresh();
    expect(known.feedOf('graph-1', 'two')).toBe('events');
    expect(known.feedOf(undefined, 'one')).toBe('chat');
    expect(known.feedOf('graph-1', 'neither')).toBeUndefined();
    known.saw('graph-1', 'two');
    known.saw('graph-2', 'of somebody else');
    expect(known.feedOf('graph-1', undefined)).toBe('events');
    expect(known.feedOf('graph-2', undefined)).toBeUndefined();
  });

  it('stay known while the key store is away', async () => {
    const { clock, secrets } = begin();
    await secrets.write('subscription/chat/client-state', states('one'), 'none');
    let away = false;
    const known = createSubscriptionSecrets(
      {
        read: secrets.read,
        names: async (prefix) => (away ? { ok: false, reason: 'unavailable', detail: 'away' } : secrets.names(prefix)),
      },
      clock,
    );
    await known.refresh();
    away = true;
    clock.advance(1000);
    await known.refresh();
    expect(known.clientStates()).toEqual(['one']);
  });

  it('are the private keys of their certificates, and nothing for an id that cannot be one', async () => {
    const { secrets, known } = begin();
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    await secrets.write('notification-key/tocsin-1', encode(`${pem}-----BEGIN CERTIFICATE-----`), 'none');
    expect((await known.findKey('tocsin-1'))?.equals(privateKey)).toBe(true);
    expect(await known.findKey('tocsin-2')).toBeUndefined();
    expect(await known.findKey('../credential/chat/token-cache')).toBeUndefined();
  });

  it('hold up no call for longer than a moment while the key store is silent, and that only once', async () => {
    const { clock } = begin();
    const { promise: silence, resolve } = Promise.withResolvers<void>();
    let asked = 0;
    const known = createSubscriptionSecrets(
      {
        read: async () => ({ ok: true, version: 'none' }),
        async names() {
          asked++;
          await silence;
          return { ok: true, names: [] };
        },
      },
      clock,
    );
    const first = known.refresh();
    clock.advance(250);
    await first;
    await known.refresh();
    expect(asked).toBe(1);
    resolve();
  });

  it('are not said to be unknown while the key store is away: the notice has to wait', async () => {
    const { clock, secrets } = begin();
    const known = createSubscriptionSecrets(
      { names: secrets.names, read: async () => ({ ok: false, reason: 'unavailable', detail: 'away' }) },
      clock,
    );
    await expect(known.findKey('tocsin-1')).rejects.toThrow('key store: away');
  });
});
