import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBrowser, post } from '#test/simulator/entra/raw.ts';
import { chatClient, operator, type StartedEntra, startEntra } from '#test/simulator/entra/start-entra.ts';

describe('the page where a person types the code', () => {
  let entra: StartedEntra;
  let page: string;
  beforeAll(async () => {
    entra = await startEntra({ clients: [{ ...chatClient, name: 'Tocsin <chat> & "co"' }] });
    page = `${entra.simulator.authority}/device`;
  });
  afterAll(async () => await entra.close());

  const askForCode = async () => {
    const { body } = await post(entra.simulator.authority, 'devicecode', {
      client_id: chatClient.clientId,
      scope: 'Chat.Read offline_access',
    });
    return { userCode: String(body['user_code']), deviceCode: String(body['device_code']) };
  };
  const poll = (device_code: string) =>
    post(entra.simulator.authority, 'token', {
      client_id: chatClient.clientId,
      grant_type: 'device_code',
      device_code,
    });
  const submit = async (form: Record<string, string>, headers: Record<string, string> = {}) => {
    const response = await createBrowser().submit(page, form, headers);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  it('allows neither scripts nor anything from elsewhere', async () => {
    const { headers } = await createBrowser().open(page);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src|unsafe-inline/);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('says what asks for what, with every character as it is', async () => {
    const { userCode } = await askForCode();
    const { text } = await submit({ code: `${userCode.slice(0, 4)}-${userCode.slice(4).toLowerCase()}` });
    expect(text).toContain('Tocsin &#60;chat&#62; &#38; &#34;co&#34;');
    expect(text).toContain('<li>Chat.Read</li>');
    expect(text).toContain('<li>offline_access</li>');
    expect(text).toContain(operator.upn);
  });

  it('signs in the user that was chosen', async () => {
    const { userCode, deviceCode } = await askForCode();
    expect((await submit({ code: userCode, user: operator.upn, answer: 'approve' })).status).toBe(200);
    const { body } = await poll(deviceCode);
    expect(entra.simulator.verifyAccessToken(String(body['access_token']))).toMatchObject({
      claims: { upn: operator.upn },
    });
    expect((await submit({ code: userCode })).text).toContain('used already');
  });

  it('declines', async () => {
    const { userCode, deviceCode } = await askForCode();
    expect((await submit({ code: userCode, answer: 'decline' })).text).toContain('Declined');
    expect(await poll(deviceCode)).toMatchObject({ body: { error: 'authorization_declined' } });
  });

  it('knows no other codes and users', async () => {
    const { userCode } = await askForCode();
    expect(await submit({ code: 'BCDFGHJKL' })).toMatchObject({
      status: 400,
      text: expect.stringContaining('no such code'),
    });
    expect((await submit({ code: userCode, user: 'nobody@contoso.example', answer: 'approve' })).text).toContain(
      'no such user',
    );
    expect(entra.simulator.pendingCodes().map((code) => code.userCode)).toContain(userCode);
  });

  it('takes no forms from other sites', async () => {
    const { userCode, deviceCode } = await askForCode();
    const form = { code: userCode, user: operator.upn, answer: 'approve' };
    expect((await submit(form, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await submit(form, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await poll(deviceCode)).body.error).toBe('authorization_pending');
  });

  it('tells the person when a policy is in the way', async () => {
    const { userCode } = await askForCode();
    await entra.simulator.faults.start('conditional-access-blocks-device-code');
    const { status, text } = await submit({ code: userCode, user: operator.upn, answer: 'approve' });
    await entra.simulator.faults.stop('conditional-access-blocks-device-code');
    expect(status).toBe(403);
    expect(text).toContain('AADSTS53003');
  });
});
