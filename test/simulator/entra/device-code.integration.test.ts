import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createManualClock } from '#simulator/manual-clock.ts';
import { post } from '#test/simulator/entra/raw.ts';
import {
  chatClient,
  chatScopes,
  operator,
  type StartedEntra,
  serviceUser,
  startEntra,
  tenantId,
} from '#test/simulator/entra/start-entra.ts';

const grantType = 'urn:ietf:params:oauth:grant-type:device_code';
const client_id = chatClient.clientId;

describe('signing in with a device code', () => {
  let entra: StartedEntra;
  beforeAll(async () => {
    entra = await startEntra();
  });
  afterAll(async () => await entra.close());

  const askForCode = async (scope = 'Chat.Read offline_access openid profile') => {
    const { status, body } = await post(entra.simulator.authority, 'devicecode', { client_id, scope });
    expect(status).toBe(200);
    return { device_code: String(body['device_code']), userCode: String(body['user_code']), body };
  };
  const poll = (device_code: string) =>
    post(entra.simulator.authority, 'token', { client_id, grant_type: grantType, device_code });

  it('gives MSAL a token for Graph once a person approved', async () => {
    const result = await entra.publicClient().acquireTokenByDeviceCode({
      scopes: [...chatScopes],
      deviceCodeCallback: ({ userCode }) => {
        expect(entra.simulator.pendingCodes()).toMatchObject([
          { userCode, clientName: 'Tocsin chat feed', scopes: expect.arrayContaining(['Chat.Read', 'offline_access']) },
        ]);
        void entra.simulator.approve(userCode);
      },
    });
    expect(result?.account).toMatchObject({
      homeAccountId: `${serviceUser.id}.${tenantId}`,
      username: serviceUser.upn,
    });
    expect(result?.scopes).toEqual(expect.arrayContaining([...chatScopes]));
    const check = entra.simulator.verifyAccessToken(result?.accessToken ?? '');
    expect(check).toMatchObject({
      ok: true,
      claims: {
        idtyp: 'user',
        tid: tenantId,
        appid: client_id,
        oid: serviceUser.id,
        upn: serviceUser.upn,
        aud: 'https://graph.microsoft.com',
        roles: [],
      },
    });
    if (!check.ok) throw new Error(check.reason);
    expect(check.claims.scp).toEqual(expect.arrayContaining([...chatScopes]));
    expect(check.claims.exp - check.claims.iat).toBeGreaterThanOrEqual(3600);
    expect(check.claims.exp - check.claims.iat).toBeLessThan(5400);
  });

  it('tells MSAL that the person declined', async () => {
    const signIn = entra.publicClient().acquireTokenByDeviceCode({
      scopes: [...chatScopes],
      deviceCodeCallback: ({ userCode }) => void entra.simulator.approve(userCode, { deny: true }),
    });
    await expect(signIn).rejects.toMatchObject({
      errorCode: 'post_request_failed',
      errorMessage: expect.stringContaining('authorization_declined'),
    });
  });

  it('approves by itself while it is told to, also codes that wait already', async () => {
    const waiting = await askForCode();
    await entra.simulator.autoApprove(true);
    expect((await poll(waiting.device_code)).status).toBe(200);
    expect((await poll((await askForCode()).device_code)).status).toBe(200);
    await entra.simulator.autoApprove(false);
    expect((await poll((await askForCode()).device_code)).status).toBe(400);
  });

  it('takes one answer of two that are given at once', async () => {
    const { device_code, userCode } = await askForCode();
    const answers = await Promise.all([
      entra.simulator.approve(userCode),
      entra.simulator.approve(userCode, { deny: true }),
    ]);
    expect(answers).toEqual([{ ok: true }, { ok: false, reason: 'already-answered' }]);
    expect((await poll(device_code)).status).toBe(200);
  });

  it('answers as the user who approved', async () => {
    const { device_code, userCode } = await askForCode();
    expect(await entra.simulator.approve(userCode, { as: operator.upn })).toEqual({ ok: true });
    const { body } = await poll(device_code);
    expect(entra.simulator.verifyAccessToken(String(body['access_token']))).toMatchObject({
      claims: { upn: operator.upn },
    });
  });

  it('says what it asks the person to do, and how often to poll', async () => {
    const { body, userCode } = await askForCode();
    expect(body).toMatchObject({
      verification_uri: `${entra.simulator.authority}/device`,
      expires_in: 900,
      interval: 1,
      message: expect.stringContaining(userCode),
    });
    expect(body).not.toHaveProperty('verification_uri_complete');
  });

  it('answers polls with the errors that Entra has for them', async () => {
    const { device_code, userCode } = await askForCode();
    expect(await poll(device_code)).toMatchObject({
      status: 400,
      body: { error: 'authorization_pending', error_codes: [70016] },
    });
    expect(await poll('never-issued')).toMatchObject({
      body: { error: 'bad_verification_code', error_codes: [70018] },
    });
    await entra.simulator.approve(userCode);
    expect(await entra.simulator.approve(userCode)).toEqual({ ok: false, reason: 'already-answered' });
    expect(await entra.simulator.approve('NOSUCHONE')).toEqual({ ok: false, reason: 'unknown-code' });
    expect((await poll(device_code)).body).toMatchObject({ token_type: 'Bearer', refresh_token: expect.any(String) });
    expect(await poll(device_code)).toMatchObject({ body: { error: 'invalid_grant', error_codes: [90120] } });
  });

  it('takes permissions short, with the resource before them, and all of them, and answers in the same form', async () => {
    for (const [asked, answered] of [
      ['Chat.Read', 'Chat.Read'],
      ['https://graph.microsoft.com/Chat.Read', 'https://graph.microsoft.com/Chat.Read'],
      ['https://graph.microsoft.com/.default', 'https://graph.microsoft.com/.default'],
    ] as const) {
      const { device_code, userCode } = await askForCode(`${asked} openid`);
      await entra.simulator.approve(userCode);
      const { body } = await post(entra.simulator.authority, 'token', {
        client_id,
        grant_type: grantType,
        device_code,
        scope: `${asked} openid`,
      });
      expect(String(body['scope']).split(' ')).toContain(answered);
      expect(entra.simulator.verifyAccessToken(String(body['access_token']))).toMatchObject({
        claims: { scp: expect.arrayContaining([...chatScopes]) },
      });
    }
  });

  it('refuses what Entra refuses, in its words', async () => {
    const refused = (form: Record<string, string>, endpoint: 'token' | 'devicecode' = 'devicecode') =>
      post(entra.simulator.authority, endpoint, form, { 'client-request-id': tenantId });
    expect(await refused({ client_id: 'unknown', scope: 'Chat.Read' })).toMatchObject({
      status: 400,
      body: {
        error: 'unauthorized_client',
        error_codes: [700016],
        correlation_id: tenantId,
        error_description: expect.stringMatching(
          /^AADSTS700016: .* Trace ID: \S{36} Correlation ID: \S{36} Timestamp: \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/,
        ),
      },
    });
    expect(await refused({ client_id, scope: 'Mail.Read' })).toMatchObject({
      body: { suberror: 'consent_required', error_codes: [65001] },
    });
    expect(await refused({ client_id, scope: 'https://vault.azure.net/.default' })).toMatchObject({
      body: { error_codes: [500011] },
    });
    expect(await refused({ client_id, grant_type: 'password' }, 'token')).toMatchObject({
      body: { error: 'unsupported_grant_type' },
    });
    expect(await refused({ client_id, grant_type: grantType }, 'token')).toMatchObject({
      body: { error_codes: [900144] },
    });
    expect(await refused({ client_id, client_secret: 'x', grant_type: grantType }, 'token')).toMatchObject({
      status: 401,
      body: { error_codes: [700025] },
    });
    for (const shared of ['common', 'organizations'])
      expect(
        await post(entra.simulator.authority.replace(tenantId, shared), 'devicecode', { client_id }),
      ).toMatchObject({
        body: { error_codes: [50194] },
      });
    const elsewhere = entra.simulator.authority.replace(tenantId, tenantId.replace('1', '9'));
    expect(await post(elsewhere, 'devicecode', { client_id })).toMatchObject({ body: { error_codes: [90002] } });
  });
});

it('lets a device code run out by its own clock', async () => {
  const clock = createManualClock(Date.UTC(2031, 0, 1));
  const entra = await startEntra({ clock });
  try {
    const { authority } = entra.simulator;
    const { body } = await post(authority, 'devicecode', { client_id, scope: 'Chat.Read' });
    clock.advance(901_000);
    expect(
      await post(authority, 'token', { client_id, grant_type: grantType, device_code: String(body['device_code']) }),
    ).toMatchObject({
      body: { error: 'expired_token', error_codes: [70020], timestamp: '2031-01-01 00:15:01Z' },
    });
    expect(entra.simulator.pendingCodes()).toEqual([]);
    expect(await entra.simulator.approve(String(body['user_code']))).toEqual({ ok: false, reason: 'expired' });
  } finally {
    await entra.close();
  }
});

it('logs what happened, and nothing that is secret or personal', async () => {
  const lines: string[] = [];
  const entra = await startEntra({ log: (line) => lines.push(line) });
  try {
    const app = entra.publicClient();
    const { accessToken, idToken } = await entra.signIn(app);
    const cache = JSON.parse(app.getTokenCache().serialize()) as { RefreshToken: Record<string, { secret: string }> };
    const secrets = Object.values(cache.RefreshToken).map(({ secret }) => secret);
    expect(secrets).toHaveLength(1);
    await post(entra.simulator.authority, 'token', {
      client_id,
      grant_type: 'refresh_token',
      refresh_token: 'invented',
    });
    expect(lines).toContainEqual(`POST /${tenantId}/oauth2/v2.0/token 200`);
    expect(lines).toContainEqual(`POST /${tenantId}/oauth2/v2.0/token 400 AADSTS70000`);
    for (const secret of [accessToken, idToken, ...secrets, serviceUser.upn, serviceUser.id, 'invented'])
      expect(lines.join('\n')).not.toContain(secret);
  } finally {
    await entra.close();
  }
});
