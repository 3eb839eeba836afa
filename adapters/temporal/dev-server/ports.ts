import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below what systems hand out by themselves (Linux from 32768, others from 49152): a port in there may be somebody's connection when it is wanted again. */
const range = { from: 20_000, below: 32_768 };
const tries = 8;

/** A free TCP port of the loopback interface: `wanted` if it is free, else one that is likely to be free the next time too. */
export async function freePort(wanted?: number): Promise<number> {
  const again = wanted === undefined ? undefined : await tryPort(wanted);
  if (again !== undefined) return again;
  for (let i = 0; i < tries; i += 1) {
    const port = await tryPort(randomInt(range.from, range.below));
    if (port !== undefined) return port;
  }
  return (await tryPort(0)) ?? 0;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
