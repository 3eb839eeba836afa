import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { systemClock } from '#adapters/system/clock.ts';
import { createCodecEndpoint } from '#adapters/temporal/codec/codec-endpoint.ts';
import { startCodecServer } from '#adapters/temporal/codec/codec-server.ts';
import { createKeyRing } from '#adapters/temporal/codec/key-ring.ts';
import { createPayloadCodec } from '#adapters/temporal/codec/payload-codec.ts';
import { createMemorySecrets } from './memory-secrets.ts';

function codecFor() {
  const keys = createKeyRing({ secrets: createMemorySecrets().secrets, clock: systemClock });
  return createPayloadCodec({ keys, namespace: 'tocsin' });
}

const payload = defaultPayloadConverter.toPayload({ text: 'Quohzaivee' });

const ui = 'http://127.0.0.1:8233';

function endpoint(authorise = () => true) {
  const made = { codec: codecFor() };
  const ask = createCodecEndpoint({ codec: made.codec, namespace: 'tocsin', origins: () => [ui], authorise });
  const post = async (body: unknown, headers: Record<string, string> = { origin: ui }) =>
    await ask(new Request('http://codec/decode', { method: 'POST', headers, body: JSON.stringify(body) }));
  return { ...made, ask, post };
}

const asJson = (one: typeof payload) => ({
  metadata: Object.fromEntries(
    Object.entries(one.metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ),
  data: Buffer.from(one.data ?? []).toString('base64'),
});

test('the endpoint decodes for a page of the UI', async () => {
  const { codec, post } = endpoint();
  const [closed] = await codec.encode([payload]);
  const answer = await post({ payloads: [asJson(closed!)] });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('access-control-allow-origin')).toBe(ui);
  const { payloads } = (await answer.json()) as { payloads: { data: string }[] };
  expect(Buffer.from(payloads[0]!.data, 'base64').toString()).toBe('{"text":"Quohzaivee"}');
});

test('the endpoint lets pages of the UI ask, and no others', async () => {
  const { ask, post } = endpoint();
  const preflight = (origin: string) =>
    ask(new Request('http://codec/decode', { method: 'OPTIONS', headers: { origin } }));
  const allowed = await preflight(ui);
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get('access-control-allow-headers')).toContain('x-namespace');
  for (const origin of ['http://127.0.0.1:8234', 'http://localhost:8233', 'null', 'https://127.0.0.1:8233']) {
    const refused = await preflight(origin);
    expect(refused.status).toBe(403);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    expect((await post({ payloads: [] }, { origin })).status).toBe(403);
  }
});

test('the endpoint asks whether somebody may read, and says no in a way that the UI can show', async () => {
  const { post } = endpoint(() => false);
  const answer = await post({ payloads: [] });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('access-control-allow-origin')).toBe(ui);
});

test('one payload that cannot be read does not hide the others', async () => {
  const { codec, post } = endpoint();
  const [foreign] = await codecFor().encode([payload]);
  const [own] = await codec.encode([payload]);
  const answer = await post({ payloads: [asJson(foreign!), asJson(own!)] });
  const { payloads } = (await answer.json()) as { payloads: { data: string }[] };
  expect(payloads.map(({ data }) => Buffer.from(data, 'base64').toString())).toEqual([
    expect.stringContaining('cannot be decrypted'),
    '{"text":"Quohzaivee"}',
  ]);
});

test('the endpoint refuses what it does not understand', async () => {
  const { ask, post } = endpoint();
  for (const body of [{}, { payloads: 'x' }, { payloads: [1] }, { payloads: [{ data: 1 }] }, []])
    expect((await post(body)).status).toBe(400);
  expect((await post({ payloads: [] }, { origin: ui, 'x-namespace': 'other' })).status).toBe(404);
  expect((await ask(new Request('http://codec/decode', { headers: { origin: ui } }))).status).toBe(405);
  expect((await ask(new Request('http://codec/encode', { method: 'POST', headers: { origin: ui } }))).status).toBe(404);
});

test('the server on loopback answers to its own name alone', async () => {
  const { ask } = endpoint();
  const server = await startCodecServer(ask, 0);
  try {
    expect(server.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const options = { method: 'POST', body: '{"payloads":[]}', headers: { origin: ui } };
    expect((await fetch(`${server.endpoint}/decode`, options)).status).toBe(200);
    expect((await fetch(`${server.endpoint.replace('127.0.0.1', 'localhost')}/decode`, options)).status).toBe(421);
  } finally {
    await server.close();
  }
});
