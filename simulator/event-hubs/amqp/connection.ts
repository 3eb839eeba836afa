import type { Duplex } from 'node:stream';
import type { AmqpConnection, AmqpContainer, AmqpFrame, AmqpSession } from './rhea.ts';
import { createWire, type Wire } from './wire.ts';

// As the service announces them (Azure Event Hubs AMQP 1.0 protocol guide).
const maxFrameSize = 65_536;
const maxChannel = 4_999;
const idleTimeoutMs = 240_000;
// Batches a publisher may have on the way; each may be 1 MiB.
const publisherCredit = 300;
const messageFormatField = 3;

/**
 * Lets rhea serve one socket, TLS socket or WebSocket stream.
 * @param onWindow called after the peer has said that it takes more on a session
 */
export function acceptConnection(
  container: AmqpContainer,
  socket: Duplex,
  name: string,
  onWindow: (session: AmqpSession) => void,
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
  const { on_disposition, on_flow, on_transfer } = connection;

  // Clients settle deliveries of sessions that they have ended already; rhea would close the connection.
  connection.on_disposition = (frame) => {
    if (connection.remote_channel_map[frame.channel] !== undefined) on_disposition.call(connection, frame);
  };
  connection.on_flow = (frame) => {
    const session = connection.remote_channel_map[frame.channel];
    if (session === undefined) return;
    on_flow.call(connection, frame);
    onWindow(session);
  };
  // rhea decodes messages of format 0 and would lose the types of their values: as "no format" they stay bytes.
  connection.on_transfer = (frame) => {
    hideFormat(frame);
    on_transfer.call(connection, frame);
  };
  return { connection, wire, start: () => connection.accept(wire) };
}

function hideFormat(frame: AmqpFrame): void {
  const fields = frame.performative.value;
  const format = fields[messageFormatField] as { readonly value?: unknown } | undefined;
  if (format?.value === 0) fields[messageFormatField] = undefined;
}
