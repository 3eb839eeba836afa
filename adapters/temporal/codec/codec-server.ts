import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';

/** The codec endpoint on loopback, for the UI of the dev server. */
export interface CodecServer {
  /** What the UI is told, such as `http://127.0.0.1:41231`. */
  readonly endpoint: string;
  close(): Promise<void>;
}

/**
 * Serves a handler on 127.0.0.1 and nowhere else. A request must name that host: a page that had its own name resolved to loopback is refused.
 * @param port 0: any free one
 */
export async function startCodecServer(
  handler: (request: Request) => Promise<Response>,
  port: number,
): Promise<CodecServer> {
  let host = '';
  const listener = getRequestListener(async (request) =>
    request.headers.get('host') === host ? await handler(request) : new Response('another host\n', { status: 421 }),
  );
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  host = `127.0.0.1:${typeof address === 'object' ? address?.port : port}`;
  return {
    endpoint: `http://${host}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
