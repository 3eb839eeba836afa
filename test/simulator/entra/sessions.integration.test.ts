import { describe, expect, it, onTestFinished } from 'vitest';
import type { EntraOptions } from '#simulator/entra/options.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { post } from '#test/simulator/entra/raw.ts';
import { chatClient, chatScopes, serviceUser, startEntra } from '#test/simulator/entra/start-entra.ts';

const client_id = chatClient.clientId;

async function started(options: Partial<EntraOptions> = {}) {
  const entra = await startEntra(options);
  onTestFinished(async () => await entra.close());
  return entra;
}

/** Signs in and gives the refresh token itself. */
async function refreshToken(entra: Awaited<ReturnType<typeof startEntra>>): Promise<string> {
  await entra.simulator.autoApprove(true);
  const code = await post(entra.simulator.authority, 'devicecode', { client_id, scope: 'Chat.Read offline_access' });
  const { body } = await post(entra.simulator.authority, 'token', {
    client_id,
    grant_type: 'device_code',
    device_code: String(code.body['device_code']),
  });
  return String(body['refresh_token']);
}

const refresh = (authority: string, refresh_token: string) =>
  post(authority, 'token', { client_id, grant_type: 'refresh_token', refresh_token });

describe('a session that goes on', () => {
  it('is refreshed by MSAL without anybody', async () => {
    const entra = await started();
    const app = entra.publicClient();
    const { account, accessToken } = await entra.signIn(app);
    const kept = await app.acquireTokenSilent({ account: account!, scopes: [...chatScopes] });
    expect(kept).toMatchObject({ fromCache: true, accessToken });
    const renewed = await app.acquireTokenSilent({ account: account!, scopes: [...chatScopes], forceRefresh: true });
    expect(renewed).toMatchObject({ fromCache: false, account: { homeAccountId: account?.homeAccountId } });
    expect(renewed.accessToken).not.toBe(accessToken);
    expect(entra.simulator.verifyAccessToken(renewed.accessToken).ok).toBe(true);
  });

  it('outlives a restart of Entra: keys, grants and refresh tokens are kept', async () => {
    const entra = await started();
    const app = entra.publicClient();
    const { account, accessToken } = await entra.signIn(app);
    await entra.restart();
    const renewed = await app.acquireTokenSilent({ account: account!, scopes: [...chatScopes], forceRefresh: true });
    expect(renewed.fromCache).toBe(false);
    expect(entra.simulator.verifyAccessToken(renewed.accessToken).ok).toBe(true);
    expect(entra.simulator.verifyAccessToken(accessToken).ok).toBe(true);
  });

  it('gives a new refresh token at each use and leaves the old one good', async () => {
    const entra = await started();
    const first = await refreshToken(entra);
    const once = await refresh(entra.simulator.authority, first);
    const again = await refresh(entra.simulator.authority, first);
    expect(once.status).toBe(200);
    expect(again.status).toBe(200);
    const tokens = new Set([first, once.body['refresh_token'], again.body['refresh_token']]);
    expect(tokens.size).toBe(3);
    expect((await refresh(entra.simulator.authority, String(once.body['refresh_token']))).status).toBe(200);
  });

  it('ends when it was not used for 90 days, and not when it was', async () => {
    const clock = createManualClock(Date.UTC(2031, 0, 1));
    const entra = await started({ clock });
    let token = await refreshToken(entra);
    const { authority } = entra.simulator;
    for (let month = 0; month < 5; month++) {
      clock.advance(80 * 86_400_000);
      const { status, body } = await refresh(authority, token);
      expect(status).toBe(200);
      expect(entra.simulator.verifyAccessToken(String(body['access_token'])).ok).toBe(true);
      token = String(body['refresh_token']);
    }
    clock.advance(91 * 86_400_000);
    expect(await refresh(authority, token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_codes: [700082] },
    });
  });

  it('does not know a refresh token of another application, or an invented one', async () => {
    const entra = await started({ clients: [chatClient, { ...chatClient, clientId: 'other' }] });
    const token = await refreshToken(entra);
    const { authority } = entra.simulator;
    expect(await refresh(authority, 'invented')).toMatchObject({
      body: { error: 'invalid_grant', error_codes: [70000] },
    });
    expect(
      await post(authority, 'token', { client_id: 'other', grant_type: 'refresh_token', refresh_token: token }),
    ).toMatchObject({
      body: { error_codes: [70000] },
    });
    expect(
      await post(authority, 'token', {
        client_id,
        grant_type: 'refresh_token',
        refresh_token: token,
        scope: 'Mail.Read',
      }),
    ).toMatchObject({
      body: { error_codes: [65001], suberror: 'consent_required' },
    });
  });
});

describe('an access token', () => {
  it('lives as long as it is told to', async () => {
    const clock = createManualClock(Date.UTC(2031, 0, 1));
    const entra = await started({ accessTokenSeconds: 3900, clock });
    const { body } = await refresh(entra.simulator.authority, await refreshToken(entra));
    expect(body).toMatchObject({ expires_in: 3900, ext_expires_in: 3900 });
    const token = String(body['access_token']);
    clock.advance(3_899_000);
    expect(entra.simulator.verifyAccessToken(token)).toMatchObject({ ok: true, claims: { oid: serviceUser.id } });
    clock.advance(302_000);
    expect(entra.simulator.verifyAccessToken(token)).toEqual({ ok: false, reason: 'expired' });
  });

  it('is refused when it was changed, or is of another tenant', async () => {
    const [entra, other] = await Promise.all([started(), started()]);
    const token = String((await refresh(entra.simulator.authority, await refreshToken(entra))).body['access_token']);
    const [header, payload, signature] = token.split('.');
    const changed = Buffer.from(
      Buffer.from(payload!, 'base64url').toString().replace('Chat.Read', 'Mail.Read'),
    ).toString('base64url');
    expect(entra.simulator.verifyAccessToken(`${header}.${changed}.${signature}`)).toEqual({
      ok: false,
      reason: 'signature',
    });
    expect(entra.simulator.verifyAccessToken('no-token')).toEqual({ ok: false, reason: 'malformed' });
    expect(other.simulator.verifyAccessToken(token)).toEqual({ ok: false, reason: 'signature' });
  });
});
