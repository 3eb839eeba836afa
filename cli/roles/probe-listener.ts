import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { portHeld } from '#cli/roles/port-holder.ts';
import type { HostAndPort } from '#config/parsers.ts';

/** Where a platform asks for a process, from its first moment on. */
export interface ProbeListener {
  readonly url: string;
  readonly host: string;
  /** From now on this answers. */
  answerWith(answer: RequestListener): void;
  /** Fine to call twice. */
  close(): Promise<void>;
}

/**
 * Opens it before anything is waited for: until there is more to say the process is alive and started, and not ready. A platform that heard nothing would end
 * the process and start it anew, every five minutes, for as long as a vault or a log is away.
 * @throws {CommandError} where the port is another's
 */
export async function openProbeListener(at: HostAndPort): Promise<ProbeListener> {
  let answering: RequestListener = (request, response) => {
    const path = request.method === 'GET' ? pathOf(request.url) : undefined;
    answerWord(response, path === '/health/live' || path === '/health/startup');
  };
  const server = createServer((request, response) => answering(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, resolve);
  }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') throw await portHeld(at.port, 'TOCSIN_PROBES to another port');
    throw error;
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${at.host.includes(':') ? `[${at.host}]` : at.host}:${port}`,
    host: at.host,
    answerWith(answer) {
      answering = answer;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** A status and a word. */
export function answerWord(response: ServerResponse, ok: boolean): void {
  answerText(response, ok ? 200 : 503, 'text/plain; charset=utf-8', ok ? 'ok\n' : 'not ready\n');
}

export function answerText(response: ServerResponse, status: number, type: string, text: string): void {
  response
    .writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    .end(text);
}

/** What a request asks for, without its query. */
export function pathOf(url = '/'): string | undefined {
  return url.split('?')[0];
}
