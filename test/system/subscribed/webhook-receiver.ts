import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** A page as a responder's system gets it. */
export interface ReceivedPage {
  readonly id: string;
  readonly at: number;
  readonly type: string;
  readonly data: {
    readonly emergencyId: string;
    readonly attempt: number;
    readonly urgency: number;
    readonly test: boolean;
    readonly call: Readonly<Record<string, unknown>>;
  };
}

export interface WebhookReceiver {
  readonly url: string;
  readonly secret: string;
  /** Pages whose signature was right, in the order of their coming. */
  readonly pages: ReceivedPage[];
  /** Requests whose signature was wrong. */
  readonly forged: string[];
  /** What is answered to the next ones; 204 after those. */
  answerNext(...statuses: readonly number[]): void;
  close(): Promise<void>;
}

/** Takes pages as the Standard Webhooks specification says, with its own library. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const secret = `whsec_${Buffer.from('a-secret-that-is-known-to-both-of-us').toString('base64')}`;
  const verifier = new Webhook(secret);
  const pages: ReceivedPage[] = [];
  const forged: string[] = [];
  const next: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      try {
        const page = verifier.verify(body, request.headers as Record<string, string>) as ReceivedPage;
        pages.push({ ...page, id: String(request.headers['webhook-id']), at: performance.now() });
      } catch {
        forged.push(body);
      }
      response.writeHead(next.shift() ?? 204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/pages`,
    ...{ secret, pages, forged },
    answerNext: (...statuses) => void next.push(...statuses),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
