import type { Hono } from 'hono';
import type { FakeDeskData } from '#test/support/fake-desk-data.ts';
import { createFakeDeskData } from '#test/support/fake-desk-data.ts';
import { emptyQuarantine, knowsNobody } from '#test/support/fake-keeping.ts';
import { createFakeSubscribing } from '#test/support/fake-subscribing.ts';
import { createDeskApp } from '#web/app.ts';
import { loadAssets } from '#web/assets.ts';
import type { DeskDeps, DeskEnv } from '#web/deps.ts';

export const host = '127.0.0.1:8080';
const assets = loadAssets();

export interface DeskFixture {
  readonly app: Hono<DeskEnv>;
  readonly data: FakeDeskData;
  /** What was logged, as `level: message`. */
  readonly logged: string[];
  readonly end: () => void;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** As a well-behaved client sends it; `headers` override, an empty value takes one away. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** The whole app over data in memory, asked without a network. */
export function createDeskFixture(more: Partial<DeskDeps> = {}): DeskFixture {
  const data = createFakeDeskData();
  const logged: string[] = [];
  const ending = new AbortController();
  const app = createDeskApp({
    data,
    subscribing: createFakeSubscribing(),
    projections: { list: () => [], digest: async () => undefined, rebuild: async () => undefined },
    ...{ quarantine: emptyQuarantine, erasing: knowsNobody },
    assets,
    hosts: () => [host, 'localhost:8080'],
    log: {
      info: (_fields, message) => logged.push(`info: ${message}`),
      warn: (_fields, message) => logged.push(`warn: ${message}`),
      error: (_fields, message) => logged.push(`error: ${message}`),
    },
    now: Date.now,
    signal: ending.signal,
    version: '0.0.0-test',
    pingMs: 60_000,
    healthMs: 60_000,
    ...more,
  });
  const headersOf = (given: Record<string, string>) =>
    Object.fromEntries(Object.entries({ host, ...given }).filter(([, value]) => value !== ''));
  return {
    app,
    data,
    logged,
    end: () => ending.abort(),
    get: async (path, headers = {}) => app.request(`http://${host}${path}`, { headers: headersOf(headers) }),
    post: async (path, body, headers = {}) =>
      app.request(`http://${host}${path}`, {
        method: 'POST',
        headers: headersOf({ 'content-type': 'application/json', 'x-tocsin-request': '1', ...headers }),
        body:
          typeof body === 'string' || body instanceof Uint8Array
            ? (body as Uint8Array<ArrayBuffer>)
            : JSON.stringify(body),
      }),
  };
}

export interface StreamReader {
  /** The next message with one of these event names; fails when the stream ends first. */
  next(...events: readonly string[]): Promise<{ readonly event: string; readonly id?: string; readonly data: unknown }>;
  /** True once the stream has ended. */
  ended(): Promise<boolean>;
  cancel(): Promise<void>;
}

/** Reads server-sent events as a browser does. */
export function readStream(response: Response): StreamReader {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) throw new Error('no body');
  let buffered = '';

  async function block(): Promise<string | undefined> {
    for (;;) {
      const end = buffered.indexOf('\n\n');
      if (end >= 0) {
        const text = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        return text;
      }
      const { done, value } = await reader!.read();
      if (done) return undefined;
      buffered += value;
    }
  }
  return {
    async next(...events) {
      for (;;) {
        const text = await block();
        if (text === undefined) throw new Error(`the stream ended before ${events.join(' or ')}`);
        const event = /^event: (.*)$/m.exec(text)?.[1];
        if (event === undefined || !events.includes(event)) continue;
        const id = /^id: (.*)$/m.exec(text)?.[1];
        const data: unknown = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? 'null');
        return { event, data, ...(id === undefined ? {} : { id }) };
      }
    },
    async ended() {
      while ((await block()) !== undefined);
      return true;
    },
    cancel: () => reader.cancel(),
  };
}
