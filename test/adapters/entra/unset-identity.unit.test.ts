import { expect, it } from 'vitest';
import { createUnsetIdentity } from '#adapters/entra/unset-identity.ts';
import { createFakeSecrets } from '#test/workflows/fakes.ts';

it('gets no token for a feed that the settings name no more, says what to do, and forgets its grant', async () => {
  const { secrets, names } = createFakeSecrets();
  await secrets.write('credential/chat/token-cache', new TextEncoder().encode('grant'), 'none');
  const identity = createUnsetIdentity('chat', secrets);
  expect(await identity.token()).toMatchObject({
    ok: false,
    trouble: { kind: 'admin-must-act', code: 'no-application', next: expect.stringContaining('client id') },
  });
  expect(await identity.state()).toMatchObject({ ok: true, signedIn: false });
  expect(await identity.forget()).toEqual({ ok: true });
  expect(names()).toEqual([]);
});
