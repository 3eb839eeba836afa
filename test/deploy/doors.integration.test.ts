import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { type Doors, openDoors, parseDoor } from '../../deploy/doors/doors.ts';

const loopback = '127.0.0.1';
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server that answers each connection with what was sent to it, once the client has said all; its port. */
async function echo(): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, async (socket) => {
    socket.on('error', () => {});
    socket.end(`heard: ${await text(socket)}`);
  });
  server.listen(0, loopback);
  await once(server, 'listening');
  closing.push(() => new Promise((done) => server.close(done)));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function openTo(port: number): Promise<Doors> {
  const doors = await openDoors([{ listen: { host: loopback, port: 0 }, target: { host: loopback, port } }]);
  closing.push(doors.close);
  return doors;
}

describe('doors', () => {
  it('read what they are told', () => {
    expect(parseDoor('0.0.0.0:18080=127.0.0.1:8080')).toEqual({
      listen: { host: '0.0.0.0', port: 18080 },
      target: { host: '127.0.0.1', port: 8080 },
    });
    for (const wrong of ['', '8080', '127.0.0.1:8080', 'a:1=b', 'a:1=b:2=c:3'])
      expect(() => parseDoor(wrong)).toThrow('is no door');
  });

  it('pass on bytes in both directions, and the end of each', async () => {
    const doors = await openTo(await echo());
    const socket = connect({ port: doors.ports[0] ?? 0, host: loopback, allowHalfOpen: true });
    const long = 'x'.repeat(1_000_000);
    socket.end(long);
    expect(await text(socket)).toBe(`heard: ${long}`);
  });

  it('close a connection whose target is away, and take the next one', async () => {
    const gone = await echo();
    await closing.pop()?.();
    const doors = await openTo(gone);
    for (let attempt = 0; attempt < 2; attempt++) {
      const socket = connect({ port: doors.ports[0] ?? 0, host: loopback });
      socket.on('error', () => {});
      await once(socket, 'close');
    }
  });

  it('let go of every connection when they close', async () => {
    const doors = await openTo(await echo());
    const socket = connect({ port: doors.ports[0] ?? 0, host: loopback });
    socket.on('error', () => {});
    await once(socket, 'connect');
    await doors.close();
    await once(socket, 'close');
  });

  it('open all or none', async () => {
    const held = await echo();
    const free = await openTo(held);
    const port = free.ports[0] ?? 0;
    await free.close();
    const door = (listenPort: number) => ({
      listen: { host: loopback, port: listenPort },
      target: { host: loopback, port: held },
    });
    await expect(openDoors([door(port), door(held)])).rejects.toThrow('EADDRINUSE');
    const again = await openDoors([door(port)]);
    closing.push(again.close);
  });
});
