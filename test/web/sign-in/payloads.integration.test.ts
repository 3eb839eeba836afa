import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCodecEndpoint } from '#adapters/temporal/codec/codec-endpoint.ts';
import { type SignedDesk, startSignedDesk } from '#test/web/sign-in/signed-desk.ts';

const pages = 'https://temporal.contoso.example';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const person = (role: string) =>
  ({
    ok: true,
    person: {
      tenant: '11111111-2222-4333-8444-555555555555',
      ...{ id: '7a0e0000-0000-4000-8000-000000000105', name: 'Olive', roles: [role] },
    },
  }) as const;
let signed: SignedDesk;
beforeAll(async () => {
  signed = await startSignedDesk({
    server: {
      payloads: {
        origin: pages,
        decode: createCodecEndpoint({
          // What is encrypted begins with a word that nobody else knows.
          codec: {
            decode: async (payloads) =>
              payloads.map(({ data }) => ({ data: data?.subarray('secret:'.length) ?? null })),
          },
          ...{ namespace: 'tocsin', origins: () => [pages], authorise: () => true },
        }),
      },
    },
    signIn: { commands: { person: async (token) => person(token.split('.')[1] ?? '') } },
  });
});
afterAll(() => signed.close());

interface Answer {
  readonly status: number;
  readonly mayRead: string | undefined;
  readonly body: string;
}

/** As Temporal's pages do in somebody's browser; no header of ours, and a media type that they choose. */
function decode(options: { readonly method?: string; readonly token?: string; readonly origin?: string } = {}) {
  const { method = 'POST', token, origin = pages } = options;
  const headers = {
    ...{ origin, 'sec-fetch-site': 'same-site', 'content-type': 'application/json', 'x-namespace': 'tocsin' },
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise<Answer>((resolve, reject) => {
    const asked = request(
      `${signed.origin}/api/payloads/decode`,
      { method, headers, rejectUnauthorized: false },
      (answer) => {
        let body = '';
        answer.on('data', (chunk) => (body += String(chunk)));
        answer.once('end', () =>
          resolve({
            ...{ status: answer.statusCode ?? 0, body },
            mayRead: answer.headers['access-control-allow-origin'],
          }),
        );
      },
    );
    asked.once('error', reject);
    asked.end(method === 'POST' ? JSON.stringify({ payloads: [{ data: base64('secret:renewed') }] }) : undefined);
  });
}

describe('payloads in plain words, at a desk where people sign in', () => {
  it('are shown to an operator in the pages of the cluster', async () => {
    const answer = await decode({ token: 'a.Operator.1' });
    expect(answer).toMatchObject({ status: 200, mayRead: pages });
    expect(JSON.parse(answer.body)).toMatchObject({ payloads: [{ data: base64('renewed') }] });
  });

  it('are announced to a browser that asks before it sends anything', async () => {
    expect(await decode({ method: 'OPTIONS' })).toMatchObject({ status: 204, mayRead: pages });
  });

  it.each([
    ['somebody who only takes calls', 'a.Responder.1', 403],
    ['compliance, which reads the record instead', 'a.Compliance.1', 403],
    ['nobody at all', undefined, 401],
  ])('are not shown to %s, which those pages may read', async (_who, token, status) => {
    const answer = await decode(token === undefined ? {} : { token });
    expect(answer).toMatchObject({ status, mayRead: pages });
    expect(answer.body).not.toContain(base64('renewed'));
  });

  it('are not shown to the pages of anybody else', async () => {
    const answer = await decode({ token: 'a.Operator.1', origin: 'https://temporal.elsewhere.example' });
    expect(answer).toMatchObject({ status: 403, mayRead: undefined });
    expect(await decode({ method: 'OPTIONS', origin: 'https://temporal.elsewhere.example' })).toMatchObject({
      mayRead: undefined,
    });
  });
});
