import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Outbound, OutboundResult } from '#ports/outbound.ts';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** How a raw server answers one request; `lose` hangs up after the request was read. */
export type RawAnswer =
  | 'lose'
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown };

export interface RawGraph {
  readonly baseUrl: string;
  readonly seen: readonly SeenRequest[];
  /** Answers in their order; the last one stays. */
  answer(...answers: readonly RawAnswer[]): void;
  close(): Promise<void>;
}

/** An HTTP server that says what it is told to, whatever it is asked. */
export async function startRawGraph(): Promise<RawGraph> {
  const seen: SeenRequest[] = [];
  let answers: RawAnswer[] = [{}];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      reply(response, (answers.length > 1 ? answers.shift() : answers[0]) ?? {});
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answer: (...next) => {
      answers = [...next];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function reply(response: ServerResponse, answer: RawAnswer): void {
  if (answer === 'lose') {
    response.destroy();
    return;
  }
  const { status = 200, headers = {}, body = {} } = answer;
  response.writeHead(status, { 'request-id': 'req-1', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A way out without any rules, for a server of the test's own. */
export const plainOutbound: Outbound = {
  request: (url, { method = 'GET', headers = {}, body, timeoutMs = 5_000, signal } = {}) =>
    new Promise<OutboundResult>((resolve) => {
      let sent = false;
      const fail = (reason: 'network' | 'timeout') => resolve({ ok: false, reason, detail: reason, sent });
      const asked = httpRequest(
        url,
        { method, headers, agent: false, timeout: timeoutMs, ...(signal && { signal }) },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (part: string) => {
            text += part;
          });
          response.on('error', () => fail('network'));
          response.on('end', () =>
            resolve({
              ...{ ok: true, status: response.statusCode ?? 0, text },
              headers: Object.fromEntries(
                Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
              ),
            }),
          );
        },
      );
      asked.on('socket', (socket) => socket.once('connect', () => (sent = true)));
      asked.on('timeout', () => {
        fail('timeout');
        asked.destroy();
      });
      asked.on('error', () => fail('network'));
      asked.end(body);
    }),
};
