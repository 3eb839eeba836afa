import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutboundResult } from '#ports/outbound.ts';
import { chatScopes, operator, serviceUser, tenantId } from '#test/simulator/entra/start-entra.ts';
import { eventually } from '#test/support/eventually.ts';
import { createEntraPlace, type EntraPlace, never } from './place.ts';

const day = 86_400_000;

describe('the sign-in of the service user', () => {
  let place: EntraPlace;
  beforeEach(async () => {
    place = await createEntraPlace();
  });
  afterEach(() => place.discard());

  const json = (status: number, body: object, headers = {}): OutboundResult => ({
    ok: true,
    status,
    headers,
    text: JSON.stringify(body),
  });

  it('is not there at first, and says so', async () => {
    const identity = place.identity();
    expect(await identity.state()).toEqual({ ok: true, signedIn: false, permissions: [] });
    expect(await identity.token()).toMatchObject({
      ok: false,
      trouble: { kind: 'sign-in-again', code: 'not-signed-in' },
    });
    expect(place.outbound.calls).toEqual([]);
  });

  it('by code asks for exactly the scopes that are needed and knows who signed in', async () => {
    const identity = place.identity();
    const signedIn = await place.signIn(identity);
    expect(signedIn).toMatchObject({
      ok: true,
      signedIn: true,
      permissions: expect.arrayContaining([...chatScopes]),
      userId: serviceUser.id,
      userName: serviceUser.upn,
      tenantId,
    });
    const asked = place.outbound.calls.find(({ url }) => url.endsWith('/devicecode'))?.form.get('scope');
    const seven = 'Chat.Read Chat.ReadBasic ChatMessage.Read User.Read offline_access openid profile';
    expect(asked?.split(' ').sort().join(' ')).toBe(seven);
    if (!signedIn.ok) throw new Error(signedIn.reason);
    expect(signedIn.grantExpiresAt! - place.clock.now()).toBeGreaterThan(89 * day);
    expect(await place.identity().state()).toEqual(signedIn);
    const { signedInAt } = signedIn;
    expect(Math.abs(place.clock.now() - (signedInAt ?? 0))).toBeLessThan(60_000);
    expect(await place.identity().token({ force: true })).toMatchObject({ ok: true });
    expect(await place.identity().state()).toMatchObject({ signedInAt });
  });

  it('is not asked for again and again while it is refused, but by who looks for the repair, which all hear of at once', async () => {
    const [identity, keeper] = [place.identity(), place.identity()];
    await place.signIn(identity);
    const { faults } = place.entra.simulator;
    await faults.start('consent-revoked');
    const refused = { ok: false, trouble: { code: 'AADSTS65001' } };
    expect(await identity.token({ liveMs: 12 * 3_600_000 })).toMatchObject(refused);
    const asked = place.outbound.calls.length;
    expect(await identity.token({ liveMs: 12 * 3_600_000 })).toMatchObject(refused);
    expect(place.outbound.calls).toHaveLength(asked);
    expect(await keeper.token({ force: true })).toMatchObject(refused);
    expect(place.outbound.calls.length).toBeGreaterThan(asked);
    await faults.stop('consent-revoked');
    expect(await keeper.token({ force: true })).toMatchObject({ ok: true });
    expect(await identity.token({ liveMs: 600_000 })).toMatchObject({ ok: true });
  });

  it('gives the kept token while it lives, to every process, and a new one when it is about to end', async () => {
    const identity = place.identity();
    await place.signIn(identity);
    const before = place.outbound.calls.length;
    const first = await identity.token();
    expect(first).toEqual(await place.identity().token());
    expect(place.outbound.calls).toHaveLength(before);
    if (!first.ok) throw new Error(first.reason);
    expect(place.entra.simulator.verifyAccessToken(first.token.value)).toMatchObject({ ok: true });

    place.clock.move(first.token.expiresAt - place.clock.now() - 300_000);
    const second = await identity.token();
    expect(second).toMatchObject({ ok: true });
    expect(second).not.toEqual(first);
    expect(await place.identity().token()).toEqual(second);
  });

  it('gives a new token when it is forced to, or when the kept one does not live long enough', async () => {
    const identity = place.identity();
    await place.signIn(identity);
    const first = await identity.token();
    const forced = await identity.token({ force: true });
    expect(forced).not.toEqual(first);
    expect(await identity.token({ liveMs: 100 * 60_000 })).not.toEqual(forced);
    expect(place.grants()).toHaveLength(3);
  });

  it('never loses the grant when many renew at once, in one process and in several', async () => {
    const identities = [place.identity(), place.identity(), place.identity()];
    await place.signIn(identities[0]!);
    for (let round = 0; round < 3; round += 1) {
      const results = await Promise.all(
        identities.flatMap((each) => [each.token({ force: true }), each.token({ force: true })]),
      );
      for (const result of results) expect(result).toMatchObject({ ok: true });
    }
    const grants = place.grants();
    // Each refresh used what the one before had brought.
    grants.slice(1).forEach(({ sent }, index) => {
      expect(sent.get('refresh_token')).toBe(grants[index]?.refresh);
    });
    expect(grants.length).toBeLessThanOrEqual(1 + 3 * 3);
  });

  it('waits for the other process and takes over what that one renewed', async () => {
    const [one, two] = [place.identity(), place.identity()];
    await place.signIn(one);
    const before = place.grants().length;
    const [a, b] = await Promise.all([one.token({ force: true }), two.token({ force: true })]);
    expect(a).toEqual(b);
    expect(place.grants()).toHaveLength(before + 1);
  });

  it('is durable before the token is given, and is stored later when the key store was away', async () => {
    const secrets = place.openSecrets();
    let isAway = false;
    const flaky = {
      ...secrets,
      write: async (...args: Parameters<typeof secrets.write>) =>
        isAway
          ? ({ ok: false, reason: 'unavailable', detail: 'the disk is full' } as const)
          : await secrets.write(...args),
    };
    const identity = place.identity({ secrets: flaky });
    await place.signIn(identity);
    isAway = true;
    expect(await identity.token({ force: true })).toMatchObject({
      ok: false,
      trouble: { kind: 'back-off', code: 'key-store' },
    });
    isAway = false;
    const renewed = place.grants().at(-1);
    expect(await identity.token({ force: true })).toMatchObject({ ok: true, token: { value: renewed?.access } });
    await place.identity().token({ force: true });
    expect(place.grants().at(-1)?.sent.get('refresh_token')).toBe(renewed?.refresh);
  });

  it('stays forgotten when it is forgotten while somebody renews it', async () => {
    const identity = place.identity();
    await place.signIn(identity);
    const secrets = place.openSecrets();
    place.outbound.intercept = (_form, _url, ask) =>
      ask().then(async (answer) => {
        await secrets.remove('credential/chat/token-cache');
        return answer;
      });
    expect(await identity.token({ force: true })).toMatchObject({ ok: false, trouble: { code: 'not-signed-in' } });
    expect(await place.identity().state()).toMatchObject({ signedIn: false });
  });

  it('is forgotten for every process', async () => {
    const identity = place.identity();
    await place.signIn(identity);
    expect(await identity.forget()).toEqual({ ok: true });
    expect(await place.identity().token()).toMatchObject({ ok: false, trouble: { code: 'not-signed-in' } });
  });

  it('backs off while another process holds the lock', async () => {
    const identity = place.identity();
    await place.signIn(identity);
    const held = place.openSecrets();
    await held.lock('credential/chat/token-cache', { waitMs: 0, holdMs: 10 * day });
    const before = place.clock.slept.length;
    const asked = identity.token({ force: true });
    await eventually('it waits for the lock', () => place.clock.slept.length > before);
    place.clock.move(60_000);
    expect(await asked).toMatchObject({ ok: false, trouble: { kind: 'back-off', code: 'key-store-busy' } });
  });

  it('of somebody else than the service user is not taken, and the one that is there stays', async () => {
    const identity = place.identity({ serviceUser: serviceUser.upn.toUpperCase() });
    const asOperator = () =>
      identity.signInWithCode({
        signal: new AbortController().signal,
        show: async ({ userCode }) => void (await place.entra.simulator.approve(userCode, { as: operator.upn })),
      });
    expect(await asOperator()).toMatchObject({ ok: false, trouble: { kind: 'sign-in-again', code: 'other-account' } });
    expect(await identity.state()).toMatchObject({ signedIn: false });
    expect(await place.signIn(identity)).toMatchObject({ ok: true, userId: serviceUser.id });
    expect(await asOperator()).toMatchObject({ ok: false, trouble: { code: 'other-account' } });
    expect(await identity.state()).toMatchObject({ signedIn: true, userId: serviceUser.id });
    expect(await identity.token({ force: true })).toMatchObject({ ok: true });
    const byId = place.identity({ serviceUser: serviceUser.id });
    expect(await place.signIn(byId)).toMatchObject({ ok: true, userName: serviceUser.upn });
  });

  it('of another application is not used', async () => {
    await place.signIn(place.identity());
    const other = place.identity({ clientId: 'c0000000-0000-4000-8000-00000000ffff' });
    expect(await other.state()).toMatchObject({ signedIn: false });
    expect(await other.token()).toMatchObject({
      ok: false,
      trouble: { kind: 'sign-in-again', code: 'other-application' },
    });
  });

  it('says what to do when the stored one is damaged, and is mended by signing in', async () => {
    const secrets = place.openSecrets();
    await secrets.write('credential/chat/token-cache', Buffer.from('{"version":99}'), 'none');
    const identity = place.identity();
    const trouble = { kind: 'sign-in-again', code: 'damaged-grant' };
    expect(await identity.state()).toMatchObject({ ok: false, trouble });
    expect(await identity.token()).toMatchObject({ ok: false, trouble });
    expect(await place.signIn(identity)).toMatchObject({ ok: true, signedIn: true });
    expect(await identity.token()).toMatchObject({ ok: true });
  });

  it.each([
    ['conditional-access-blocks-device-code', 'admin-must-act', 'AADSTS53003'],
    ['mfa-required', 'sign-in-again', 'AADSTS50076'],
    ['password-changed', 'sign-in-again', 'AADSTS50173'],
    ['token-revoked', 'sign-in-again', 'AADSTS50173'],
    ['sign-in-frequency', 'sign-in-again', 'AADSTS70043'],
    ['user-disabled', 'admin-must-act', 'AADSTS50057'],
    ['consent-revoked', 'sign-in-again', 'AADSTS65001'],
    ['app-missing', 'admin-must-act', 'AADSTS700016'],
    ['unavailable', 'back-off', undefined],
    ['unreachable', 'back-off', 'network'],
    ['throttled', 'back-off', undefined],
  ] as const)('tells who has to act when it can no longer be renewed: %s', async (fault, kind, code) => {
    const identity = place.identity();
    await place.signIn(identity);
    await place.entra.simulator.faults.start(fault);
    const result = await identity.token({ force: true });
    expect(result).toMatchObject({ ok: false, trouble: { kind, ...(code === undefined ? {} : { code }) } });
    if (fault === 'throttled') expect(result).toMatchObject({ trouble: { retryAfterMs: 5_000 } });
    expect(await identity.state()).toMatchObject({ signedIn: true });
    await place.entra.simulator.faults.stop(fault);
    if (fault === 'password-changed' || fault === 'token-revoked') {
      expect(await place.signIn(identity)).toMatchObject({ ok: true });
    }
    expect(await identity.token({ force: true })).toMatchObject({ ok: true });
  });

  it('by code is cancelled at once, and leaves the old sign-in as it was', async () => {
    const identity = place.identity();
    await place.signIn(identity);
    const controller = new AbortController();
    const result = await identity.signInWithCode({ signal: controller.signal, show: () => controller.abort() });
    expect(result).toMatchObject({ ok: false, trouble: { code: 'cancelled' } });
    expect(await identity.token({ force: true })).toMatchObject({ ok: true });
  });

  it('by code ends when the person declines or does not answer in time', async () => {
    const identity = place.identity();
    const declined = await identity.signInWithCode({
      signal: never(),
      show: async ({ userCode }) => void (await place.entra.simulator.approve(userCode, { deny: true })),
    });
    expect(declined).toMatchObject({ ok: false, trouble: { kind: 'sign-in-again', code: 'AADSTS65004' } });
    const late = await identity.signInWithCode({ signal: never(), show: () => place.clock.move(901_000) });
    expect(late).toMatchObject({ ok: false, trouble: { kind: 'sign-in-again', code: 'code-expired' } });
  });

  it('by code is refused where a policy blocks it', async () => {
    await place.entra.simulator.faults.start('conditional-access-blocks-device-code');
    expect(await place.signIn(place.identity())).toMatchObject({
      ok: false,
      trouble: { kind: 'admin-must-act', code: 'AADSTS53003', next: expect.stringContaining('Sign-in logs') },
    });
  });

  it('by code keeps to the rules of polling whatever the server says', async () => {
    let polls = 0;
    let userCode = '';
    place.outbound.intercept = (form, url, ask) => {
      if (url.endsWith('/devicecode')) {
        return ask().then((answer) => {
          if (!answer.ok) return answer;
          const { interval: _, ...body } = JSON.parse(answer.text) as { interval: number };
          return { ...answer, text: JSON.stringify(body) };
        });
      }
      if (!form.has('device_code')) return undefined;
      polls += 1;
      if (polls === 1) return Promise.resolve(json(400, { error: 'slow_down' }));
      if (polls === 2) return Promise.resolve(json(503, {}));
      if (polls === 3) {
        return Promise.resolve({ ok: false, reason: 'network', detail: 'away', sent: true });
      }
      return place.entra.simulator.approve(userCode).then(ask);
    };
    const result = await place.identity().signInWithCode({
      signal: never(),
      show: (code) => {
        userCode = code.userCode;
      },
    });
    expect(result).toMatchObject({ ok: true, signedIn: true });
    // Five seconds where none are named, five more for slow_down, twice as long after each fault.
    expect(place.clock.slept).toEqual([5_000, 10_000, 20_000, 40_000]);
  });

  it('gives the error of who was to show the code back to who asked', async () => {
    const mistake = new Error('no terminal');
    const asked = place.identity().signInWithCode({
      signal: never(),
      show: () => {
        throw mistake;
      },
    });
    await expect(asked).rejects.toBe(mistake);
  });

  it('asks again when the connection never came about, and not when the request may have arrived', async () => {
    const identity = place.identity();
    await place.signIn(identity);
    let times = 0;
    const failing = (sent: boolean) => {
      times = 0;
      place.outbound.intercept = () => {
        times += 1;
        return times === 1 ? Promise.resolve({ ok: false, reason: 'network', detail: 'reset', sent }) : undefined;
      };
    };
    failing(false);
    expect(await identity.token({ force: true })).toMatchObject({ ok: true });
    failing(true);
    expect(await identity.token({ force: true })).toMatchObject({
      ok: false,
      trouble: { kind: 'back-off', code: 'network' },
    });
    expect(times).toBe(1);
  });

  it.each([
    ['no JSON', '<html>proxy</html>'],
    ['nothing', ''],
    ['no token', '{"token_type":"Bearer"}'],
    ['a list', '[]'],
  ])('is not harmed by an answer that makes no sense: %s', async (_name, text) => {
    const identity = place.identity();
    await place.signIn(identity);
    place.outbound.intercept = (form) =>
      form.has('refresh_token') ? Promise.resolve({ ok: true, status: 200, headers: {}, text }) : undefined;
    expect(await identity.token({ force: true })).toMatchObject({
      ok: false,
      trouble: { kind: 'our-fault', code: 'bad-answer' },
    });
    place.outbound.intercept = undefined;
    expect(await identity.token({ force: true })).toMatchObject({ ok: true });
  });

  it('tells once when the clocks differ, and what to do about it when something fails', async () => {
    const identity = place.identity();
    await place.signIn(identity);
    await place.entra.simulator.faults.start('clock-skew');
    expect(await identity.token({ force: true })).toMatchObject({ ok: true });
    await identity.token({ force: true });
    expect(place.skews).toHaveLength(1);
    expect(Math.round(place.skews[0]! / 60_000)).toBe(180);
    await place.entra.simulator.faults.start('app-missing');
    expect(await identity.token({ force: true })).toMatchObject({
      trouble: { next: expect.stringContaining('180 minutes behind') },
    });
    await place.entra.simulator.faults.stop('app-missing');
    await place.entra.simulator.faults.stop('clock-skew');
    await identity.token({ force: true });
    expect(place.skews.at(-1)).toBe(0);
  });
});
