import type { Duplex } from 'node:stream';
import { malformed } from '../conditions.ts';
import {
  type AmqpConnection,
  type AmqpContainer,
  type AmqpFrame,
  type AmqpPerformative,
  type AmqpSession,
  amqpTypes,
} from './rhea.ts';
import { createWire, type Wire } from './wire.ts';

// As the service announces them (Azure Event Hubs AMQP 1.0 protocol guide).
const maxFrameSize = 65_536;
const maxChannel = 4_999;
const idleTimeoutMs = 240_000;
// Batches a publisher may have on the way; each may be 1 MiB.
const publisherCredit = 300;
// Of a transfer (AMQP 1.0 part 2 section 2.7.5).
const handleField = 0;
const deliveryIdField = 1;
const messageFormatField = 3;

/**
 * Lets rhea serve one socket, TLS socket or WebSocket stream.
 * @param onWindow called after the peer has said that it takes more on a session
 * @param log one line where the peer is hung up on
 */
export function acceptConnection(
  container: AmqpContainer,
  socket: Duplex,
  name: string,
  onWindow: (session: AmqpSession) => void,
  log: (line: string) => void,
): { readonly connection: AmqpConnection; readonly wire: Wire; start(): void } {
  const connection = container.create_connection({
    id: name,
    max_frame_size: maxFrameSize,
    channel_max: maxChannel,
    idle_time_out: idleTimeoutMs,
    reconnect: false,
    receiver_options: { autoaccept: false, credit_window: publisherCredit },
  });
  const wire = createWire(socket, name, () => connection.is_open());
  const { on_disposition, on_detach, on_flow, on_transfer, _process, _write_frame } = connection;

  // Clients settle deliveries and detach links of sessions that they have ended already; rhea would close the connection.
  const known = (frame: AmqpFrame) => connection.remote_channel_map[frame.channel] !== undefined;
  connection.on_disposition = (frame) => {
    if (known(frame)) on_disposition.call(connection, frame);
  };
  connection.on_detach = (frame) => {
    if (known(frame)) on_detach.call(connection, frame);
  };
  connection.on_flow = (frame) => {
    const session = connection.remote_channel_map[frame.channel];
    if (session === undefined) return;
    on_flow.call(connection, frame);
    onWindow(session);
  };
  // rhea decodes messages of format 0 and would lose the types of their values: as "no format" they stay bytes.
  connection.on_transfer = (frame) => {
    // rhea would take none for the first one, and fail when it settles it.
    if (isUnnumbered(frame, connection.remote_channel_map[frame.channel])) {
      return connection.close(malformed('the first transfer of a delivery has no delivery-id'));
    }
    hideFormat(frame);
    on_transfer.call(connection, frame);
  };
  // Nobody else would hear of what is thrown there, and it would end every simulator of this process.
  connection._process = () => {
    try {
      _process.call(connection);
    } catch (error) {
      log(`${name}: what it sent could not be answered: ${String(error)}`);
      wire.destroy();
    }
  };
  connection._write_frame = (channel, performative, payload) => {
    // A heartbeat is a frame without a body.
    if (performative !== undefined) complete(performative);
    _write_frame.call(connection, channel, performative, payload);
  };
  return { connection, wire, start: () => connection.accept(wire) };
}

/** True where a delivery begins without its number: only transfers that go on with one may leave it out. */
function isUnnumbered({ performative }: AmqpFrame, session: AmqpSession | undefined): boolean {
  const id = plain(performative.value[deliveryIdField]);
  if (id !== undefined && id !== null) return false;
  return session?.remote.handles[Number(plain(performative.value[handleField]))]?._incomplete === undefined;
}

function plain(field: unknown): unknown {
  return (field as { readonly value?: unknown } | null | undefined)?.value;
}

function hideFormat(frame: AmqpFrame): void {
  const fields = frame.performative.value;
  if (plain(fields[messageFormatField]) === 0) fields[messageFormatField] = undefined;
}

// Number of fields by descriptor code (AMQP 1.0 part 2 section 2.7): open to close.
const fieldCounts: Readonly<Record<number, number>> = {
  16: 10,
  17: 8,
  18: 14,
  19: 11,
  20: 11,
  21: 6,
  22: 3,
  23: 1,
  24: 1,
};
const begin = 0x11;
const handleMaxField = 4;
const maxHandle = 0xffff_ffff;

/**
 * Writes out the fields at the end that are not set. AMQP lets a sender leave them out, and rhea does; the service does
 * not, and Python's client relies on it.
 */
function complete(performative: AmqpPerformative): void {
  const code = performative.constructor.descriptor?.numeric ?? 0;
  for (let field = 0; field < (fieldCounts[code] ?? 0); field++) performative.value[field] ??= null;
  if (code === begin) performative.value[handleMaxField] ??= amqpTypes.wrap_uint(maxHandle);
}
