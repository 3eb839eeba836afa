import type { AmqpSender } from './rhea.ts';
import { valueEnd } from './sections.ts';

const headSize = 38;

/** How many deliveries the link may take now: its credit, bounded by the session's window. */
export function room(sender: AmqpSender): number {
  const window = sender.session.outgoing.transfer_window();
  // Before the first flow of the session the window is not a number.
  return Number.isFinite(window) ? Math.max(0, Math.min(sender.credit, window)) : 0;
}

/**
 * Encodes messages as transfer frames (AMQP 1.0 part 2 section 2.7.5) in one buffer and moves the counters of link and
 * session on, as rhea's own `send` would. One buffer for many events costs a tenth of one frame object per event.
 *
 * Deliveries are settled unless the peer asked for unsettled ones; then its dispositions need no answer.
 * @param prefix delivery annotations that go before each message's other sections
 */
export function encodeTransfers(sender: AmqpSender, messages: readonly Buffer[], prefix: Buffer | undefined): Buffer {
  const limit = (sender.connection.max_frame_size ?? 0xffff_ffff) - headSize;
  const extra = prefix?.length ?? 0;
  let total = 0;
  for (const message of messages) {
    const size = message.length + extra;
    total += size + headSize * Math.max(1, Math.ceil(size / limit));
  }
  const out = Buffer.allocUnsafe(total);
  let at = 0;
  for (const message of messages) {
    at = writeDelivery(out, at, sender, prefix === undefined ? [message] : withPrefix(message, prefix), limit);
  }
  return out;
}

function withPrefix(message: Buffer, prefix: Buffer): Buffer[] {
  const headerEnd = message[2] === 0x70 ? valueEnd(message, 3) : 0;
  return headerEnd === 0 ? [prefix, message] : [message.subarray(0, headerEnd), prefix, message.subarray(headerEnd)];
}

function writeDelivery(
  out: Buffer,
  start: number,
  sender: AmqpSender,
  parts: readonly Buffer[],
  limit: number,
): number {
  const outgoing = sender.session.outgoing;
  const settled = sender.snd_settle_mode !== 0;
  const id = outgoing.next_delivery_id++;
  outgoing.next_pending_delivery++;
  sender.credit--;
  sender.delivery_count++;
  const [only] = parts;
  const whole = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  let at = start;
  let sent = 0;
  do {
    const payload = Math.min(limit, whole.length - sent);
    outgoing.next_transfer_id++;
    writeHead(out, at, sender, id, settled, sent + payload < whole.length, payload);
    whole.copy(out, at + headSize, sent, sent + payload);
    at += headSize + payload;
    sent += payload;
  } while (sent < whole.length);
  return at;
}

function writeHead(
  out: Buffer,
  at: number,
  sender: AmqpSender,
  id: number,
  settled: boolean,
  more: boolean,
  payload: number,
): void {
  out.writeUInt32BE(headSize + payload, at);
  out.writeUInt16BE(0x0200, at + 4);
  out.writeUInt16BE(sender.session.local.channel, at + 6);
  out.writeUInt32BE(0x005314c0, at + 8);
  out.writeUInt16BE(0x190b, at + 12); // list of all 11 fields, 25 bytes with the count
  out[at + 14] = 0x70;
  out.writeUInt32BE(sender.local.handle, at + 15);
  out[at + 19] = 0x70;
  out.writeUInt32BE(id >>> 0, at + 20);
  out.writeUInt16BE(0xa004, at + 24);
  out.writeUInt32BE(id >>> 0, at + 26);
  out[at + 30] = 0x43;
  out[at + 31] = settled ? 0x41 : 0x42;
  out[at + 32] = more ? 0x41 : 0x42;
  // Settle mode, state, resume, aborted, batchable: not set, but written as the service does.
  out.fill(0x40, at + 33, at + headSize);
}
