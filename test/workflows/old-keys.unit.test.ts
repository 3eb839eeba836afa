import { describe, expect, it } from 'vitest';
import { makeSelfSigned } from '#adapters/crypto/self-signed.ts';
import { createOwnCertificate } from '#cli/roles/own-certificate.ts';
import { createSubscriptionSecrets } from '#cli/roles/subscription-secrets.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { createFakeSecrets } from '#test/workflows/fakes.ts';
import {
  notificationCertificate,
  notificationKeySecret,
  removeOldKeys,
} from '#workflows/activities/notification-certificate.ts';

const day = 86_400_000;
const quarantineDays = 30;

function begin() {
  const clock = createManualClock(Date.UTC(2026, 0, 1));
  const { secrets, text, state, names } = createFakeSecrets();
  const deps = { secrets, clock, makeCertificate: makeSelfSigned };
  const use = (id: string) => notificationCertificate(deps, id);
  const clean = () => removeOldKeys(deps, quarantineDays);
  return { clock, secrets, text, state, names, use, clean };
}

describe('private keys of certificates for rich notifications', () => {
  it('are kept while they are in use, and as long afterwards as a notice can need them; then they are removed', async () => {
    const { clock, secrets, use, clean } = begin();
    const opens = async (id: string) => (await createSubscriptionSecrets(secrets, clock).findKey(id)) !== undefined;
    await use('tocsin-old');
    // Renewed daily, for as long as it takes.
    for (let n = 0; n < 200; n++) {
      clock.advance(day);
      await use('tocsin-old');
    }
    expect(await clean()).toEqual({ ok: true, removed: [] });
    await use('tocsin-new');
    // A life of three days, 90 days in the hub, 30 in quarantine.
    clock.advance((3 + 90 + quarantineDays) * day);
    await use('tocsin-new');
    expect([await clean(), await opens('tocsin-old')]).toEqual([{ ok: true, removed: [] }, true]);
    clock.advance(16 * day);
    await use('tocsin-new');
    expect(await clean()).toEqual({ ok: true, removed: ['tocsin-old'] });
    expect([await opens('tocsin-old'), await opens('tocsin-new')]).toEqual([false, true]);
  });

  it('that were kept before uses were noted count as used now', async () => {
    const { clock, secrets, clean, names } = begin();
    const { key, certificate } = await makeSelfSigned({ commonName: 'tocsin-before', now: clock.now() });
    const bytes = new TextEncoder().encode(`${key}${certificate}`);
    await secrets.write(notificationKeySecret('tocsin-before'), bytes, 'none');
    clock.advance(400 * day);
    expect(await clean()).toEqual({ ok: true, removed: [] });
    clock.advance(100 * day);
    expect(await clean()).toEqual({ ok: true, removed: [] });
    clock.advance(100 * day);
    expect(await clean()).toEqual({ ok: true, removed: ['tocsin-before'] });
    expect(names()).toEqual([]);
  });

  it('of our own stay for as long as a process uses them', async () => {
    const { clock, secrets, clean, state } = begin();
    const own = createOwnCertificate(secrets, clock);
    const { id } = await own();
    for (let n = 0; n < 30; n++) {
      clock.advance(10 * day);
      state.away = n === 3;
      expect((await own()).id).toBe(id);
      state.away = false;
      expect(await clean()).toEqual({ ok: true, removed: [] });
    }
  });

  it('stay while the key store does not answer', async () => {
    const { state, clean } = begin();
    state.away = true;
    expect(await clean()).toMatchObject({ ok: false, reason: 'unavailable' });
  });
});
