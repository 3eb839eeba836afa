import { PassThrough } from 'node:stream';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createWire } from '#simulator/event-hubs/amqp/wire.ts';

/** A wire that holds back two writes, by a clock that stands still. */
function heldBack() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const socket = new PassThrough();
  let arrived = '';
  socket.on('data', (data: Buffer) => {
    arrived += data.toString();
  });
  socket.on('end', () => {
    arrived += '.';
  });
  const wire = createWire(socket, 'a peer', () => false);
  wire.delay(500);
  wire.write(Buffer.from('1'));
  wire.write(Buffer.from('2'));
  const after = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms);
    await new Promise((resolve) => setImmediate(resolve));
    return arrived;
  };
  return { wire, after };
}

it('holds back what is written, in order', async () => {
  const { wire, after } = heldBack();
  expect(await after(499)).toBe('');
  wire.write(Buffer.from('3'));
  expect(await after(1)).toBe('12');
  expect(await after(498)).toBe('12');
  expect(await after(1)).toBe('123');
});

it('lets go what it held back when the delay ends, before what is written then', async () => {
  const { wire, after } = heldBack();
  wire.delay(0);
  wire.write(Buffer.from('3'));
  expect(await after(0)).toBe('123');
  expect(await after(1_000)).toBe('123');
});

it('keeps the order when the delay gets shorter', async () => {
  const { wire, after } = heldBack();
  wire.delay(10);
  wire.write(Buffer.from('3'));
  expect(await after(1_000)).toBe('123');
});

it('holds back the end of a connection behind what was written', async () => {
  const { wire, after } = heldBack();
  wire.end();
  expect(await after(499)).toBe('');
  expect(await after(1)).toBe('12.');
});

it('counts what it holds back as congestion until it is gone, and says so', async () => {
  const { wire, after } = heldBack();
  let drains = 0;
  wire.onDrain(() => drains++);
  wire.write(Buffer.alloc(2_000_000));
  expect(wire.congested()).toBe(true);
  wire.delay(0);
  expect(drains).toBe(1);
  expect(await after(0)).toHaveLength(2_000_002);
  expect(wire.congested()).toBe(false);
});
