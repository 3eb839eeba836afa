import {
  type AuthError,
  InteractionRequiredAuthError,
  type PublicClientApplication,
  ServerError,
} from '@azure/msal-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { post } from '#test/simulator/entra/raw.ts';
import { chatClient, chatScopes, type StartedEntra, startEntra } from '#test/simulator/entra/start-entra.ts';

let entra: StartedEntra;
let app: PublicClientApplication;
/** How long the simulator wanted to wait. */
const slept: number[] = [];

beforeAll(async () => {
  const clock = { ...systemClock, sleep: async (ms: number) => void slept.push(ms) };
  entra = await startEntra({ clock, slowMs: 9_000, retryAfterSeconds: 7 });
});
beforeEach(async () => {
  app = entra.publicClient();
  await entra.signIn(app);
});
afterEach(async () => {
  for (const fault of entra.simulator.faults.list()) if (fault.active) await entra.simulator.faults.stop(fault.name);
});
afterAll(async () => await entra.close());

const refresh = async (client: PublicClientApplication = app) => {
  const [account] = await client.getTokenCache().getAllAccounts();
  return await client.acquireTokenSilent({ account: account!, scopes: [...chatScopes], forceRefresh: true });
};
const refusal = async (): Promise<AuthError> =>
  await refresh().then(
    () => {
      throw new Error('it was not refused');
    },
    (error: AuthError) => error,
  );
const isSignedInAgain = async () => {
  const again = entra.publicClient();
  await entra.signIn(again);
  return (await refresh(again)).fromCache === false;
};

describe('a refresh through MSAL', () => {
  it.each([
    ['conditional-access-blocks-device-code', 'invalid_grant', '53003', 'message_only'],
    ['mfa-required', 'interaction_required', '50076', 'basic_action'],
    ['consent-revoked', 'invalid_grant', '65001', 'consent_required'],
  ])('needs a person under %s', async (fault, errorCode, number, subError) => {
    await entra.simulator.faults.start(fault);
    const error = await refusal();
    expect(error).toBeInstanceOf(InteractionRequiredAuthError);
    expect(error).toMatchObject({ errorCode, subError, errorMessage: expect.stringContaining(`AADSTS${number}:`) });
  });

  it.each([
    ['password-changed', 'invalid_grant', '50173'],
    ['token-revoked', 'invalid_grant', '50173'],
    ['sign-in-frequency', 'invalid_grant', '70043'],
    ['user-disabled', 'invalid_grant', '50057'],
    ['app-missing', 'unauthorized_client', '700016'],
    ['throttled', 'temporarily_unavailable', '90055'],
    ['unavailable', 'temporarily_unavailable', '90033'],
  ])('is refused by the server under %s, and works again afterwards', async (fault, errorCode, number) => {
    await entra.simulator.faults.start(fault);
    const error = await refusal();
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({ errorCode, errorMessage: expect.stringContaining(`AADSTS${number}:`) });
    await entra.simulator.faults.stop(fault);
    expect(await isSignedInAgain()).toBe(true);
  });

  it('finds nobody under unreachable, and the same port afterwards', async () => {
    await entra.simulator.faults.start('unreachable');
    expect(await refusal()).toMatchObject({ errorCode: 'network_error' });
    await entra.simulator.faults.stop('unreachable');
    expect((await refresh()).fromCache).toBe(false);
  });

  it('is only late under slow', async () => {
    slept.length = 0;
    await entra.simulator.faults.start('slow');
    await refresh();
    expect(slept).toEqual([9_000]);
  });

  it.each(['password-changed', 'token-revoked', 'sign-in-frequency', 'mfa-required'])(
    'works after a new sign-in while %s stays',
    async (fault) => {
      await entra.simulator.faults.start(fault);
      expect(await isSignedInAgain()).toBe(true);
    },
  );

  it.each(['password-changed', 'token-revoked'])(
    'stays refused when %s is over, also after a restart',
    async (fault) => {
      await entra.simulator.faults.start(fault);
      await entra.simulator.faults.stop(fault);
      await entra.restart();
      expect(await refusal()).toMatchObject({ errorMessage: expect.stringContaining('AADSTS50173') });
    },
  );

  it.each([
    'sign-in-frequency',
    'mfa-required',
    'conditional-access-blocks-device-code',
    'consent-revoked',
    'user-disabled',
  ])('works again when %s is over', async (fault) => {
    await entra.simulator.faults.start(fault);
    await refusal();
    await entra.simulator.faults.stop(fault);
    expect((await refresh()).fromCache).toBe(false);
  });

  it('hears from a policy what the next sign-in has to prove', async () => {
    await entra.simulator.faults.start('mfa-required');
    const { claims } = (await refusal()) as InteractionRequiredAuthError;
    expect(JSON.parse(claims)).toMatchObject({ access_token: { capolids: { essential: true } } });
  });
});

describe('a sign-in by device code', () => {
  it.each([
    ['conditional-access-blocks-device-code', 'AADSTS53003'],
    ['user-disabled', 'AADSTS50057'],
    ['consent-revoked', 'AADSTS65001'],
  ])('is refused once approved under %s', async (fault, number) => {
    await entra.simulator.faults.start(fault);
    const code = await post(entra.simulator.authority, 'devicecode', {
      client_id: chatClient.clientId,
      scope: 'Chat.Read',
    });
    const poll = () =>
      post(entra.simulator.authority, 'token', {
        client_id: chatClient.clientId,
        grant_type: 'device_code',
        device_code: String(code.body['device_code']),
      });
    expect((await poll()).body.error).toBe('authorization_pending');
    await entra.simulator.approve(String(code.body['user_code']));
    expect((await poll()).body.error_description).toContain(number);
    await expect(entra.signIn(entra.publicClient())).rejects.toMatchObject({ errorCode: 'post_request_failed' });
  });
});

describe('anybody who asks', () => {
  const ask = () =>
    post(entra.simulator.authority, 'token', {
      client_id: chatClient.clientId,
      grant_type: 'refresh_token',
      refresh_token: 'x',
    });

  it('is told under throttled when to come back', async () => {
    await entra.simulator.faults.start('throttled');
    const answer = await ask();
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('7');
  });

  it('is told under unavailable that it is temporary', async () => {
    await entra.simulator.faults.start('unavailable');
    expect(await ask()).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
  });

  it.each([
    ['clock-skew', 'not-yet-valid'],
    ['clock-skew-behind', 'expired'],
  ])('gets tokens under %s that are %s elsewhere', async (fault, reason) => {
    await entra.simulator.faults.start(fault);
    const { accessToken } = await refresh();
    expect(entra.simulator.verifyAccessToken(accessToken)).toEqual({ ok: false, reason });
  });

  it('is told which faults there are, and not of others', async () => {
    const { faults } = entra.simulator;
    expect(faults.list().every((fault) => fault.description !== '' && !fault.active)).toBe(true);
    await expect(faults.start('none-such')).rejects.toThrow('there is no fault none-such');
  });
});
