import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before the emulator of Blob storage and breaks on demand. */
export interface BlobProxy {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  /** `away`: 503 to everything; `silent`: no answer at all. */
  set(mode: 'pass' | 'away' | 'silent'): void;
  /** Has the next requests of a method carried out, but drops the connection instead of answering. */
  loseAnswers(method: string, count: number): void;
  /** Requests that were passed on so far. */
  passed(): number;
  close(): Promise<void>;
}

export async function startBlobProxy(targetPort: number): Promise<BlobProxy> {
  let mode: 'pass' | 'away' | 'silent' = 'pass';
  let losing = { method: '', count: 0 };
  let passed = 0;
  const server = createServer((incoming, outgoing) => {
    if (mode === 'silent') return;
    if (mode === 'away') return void outgoing.writeHead(503).end();
    passed += 1;
    const lose = losing.count > 0 && losing.method === incoming.method;
    if (lose) losing.count -= 1;
    const { method, url, headers } = incoming;
    const forwarded = request({ host: '127.0.0.1', port: targetPort, method, path: url, headers }, (answer) => {
      if (lose) {
        answer.resume();
        answer.once('end', () => outgoing.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set: (next) => {
      mode = next;
    },
    loseAnswers: (method, count) => {
      losing = { method, count };
    },
    passed: () => passed,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
