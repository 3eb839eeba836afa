import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createOwnCertificate } from '#cli/roles/own-certificate.ts';
import { createSubscriptionSecrets } from '#cli/roles/subscription-secrets.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { createMemorySecrets } from '#simulator/memory-secrets.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';

describe('the certificate that content is encrypted for which we put on the hub ourselves', () => {
  it('is the same for all processes that share the secrets, and ingest finds its key', async () => {
    const clock = createManualClock(Date.UTC(2026, 5, 1));
    const secrets = createMemorySecrets({ clock, ids: createSeededIds(1) });
    const mine = createOwnCertificate(secrets, clock);
    const [one, again, others] = [await mine(), await mine(), await createOwnCertificate(secrets, clock)()];
    expect(one.id).toBe('recovered-2026');
    expect(again).toBe(one);
    expect(others.publicKey.equals(one.publicKey)).toBe(true);
    const found = await createSubscriptionSecrets(secrets, clock).findKey(one.id);
    if (found === undefined) return expect.fail('no key');
    expect(
      createPublicKey(createPrivateKey(found.export({ type: 'pkcs8', format: 'pem' }))).equals(one.publicKey),
    ).toBe(true);
  });

  it('is another one every year', async () => {
    const clock = createManualClock(Date.UTC(2026, 11, 31, 23, 59));
    const own = createOwnCertificate(createMemorySecrets({ clock, ids: createSeededIds(1) }), clock);
    const before = await own();
    await clock.advance(120_000);
    const after = await own();
    expect([before.id, after.id]).toEqual(['recovered-2026', 'recovered-2027']);
    expect(after.publicKey.equals(before.publicKey)).toBe(false);
  });
});
