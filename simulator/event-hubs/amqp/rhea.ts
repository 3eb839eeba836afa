import rhea from 'rhea';

/**
 * The part of rhea 3 that the simulator stands on. Its own typings cover the client side; a server also needs the
 * session's counters and the connection's frame handlers, which are internal, so they are named here and nowhere else.
 */
export interface AmqpCondition {
  readonly condition: string;
  readonly description: string;
}

/** What rhea takes for a socket. */
export interface SocketLike {
  on(event: string, handler: (...values: never[]) => void): unknown;
  write(data: Buffer): unknown;
  end(): void;
  destroy(): void;
  setNoDelay(on: boolean): void;
  removeAllListeners(event: string): void;
  get_id_string(): string;
}

export interface AmqpConnection {
  readonly options: { readonly id: string };
  readonly max_frame_size?: number;
  on(event: string, handler: (context: AmqpContext) => void): void;
  accept(socket: SocketLike): void;
  is_open(): boolean;
  close(error?: AmqpCondition): void;
  on_disposition: FrameHandler;
  on_detach: FrameHandler;
  on_flow: FrameHandler;
  on_transfer: FrameHandler;
  /** Writes whatever has come to be said since the last time; rhea calls it from `process.nextTick`. */
  _process(): void;
  /** Everything that rhea sends passes here. */
  _write_frame(channel?: number, performative?: AmqpPerformative, payload?: Buffer): void;
  readonly remote_channel_map: Readonly<Record<number, AmqpSession | undefined>>;
}

export type FrameHandler = (frame: AmqpFrame) => void;

export interface AmqpFrame {
  readonly channel: number;
  /** Field values by position, as in AMQP 1.0 part 2 section 2.7. */
  readonly performative: { readonly value: unknown[] };
}

/** A frame's body before it is encoded. */
export interface AmqpPerformative {
  readonly value: unknown[];
  readonly constructor: { readonly descriptor?: { readonly numeric: number } };
}

export interface AmqpSession {
  readonly connection: AmqpConnection;
  readonly local: { readonly channel: number };
  /** By handle; `_incomplete` of a link on which the rest of a delivery is still to come. */
  readonly remote: { readonly handles: Readonly<Record<number, { readonly _incomplete?: unknown } | undefined>> };
  /** Counters of what this side sends; `send` keeps them and so does the direct path in `transfer.ts`. */
  readonly outgoing: {
    next_delivery_id: number;
    next_pending_delivery: number;
    next_transfer_id: number;
    window: number;
    transfer_window(): number;
  };
}

interface AmqpLink {
  readonly name: string;
  readonly session: AmqpSession;
  readonly connection: AmqpConnection;
  readonly source: Terminus | null;
  readonly target: Terminus | null;
  readonly snd_settle_mode?: number | null;
  readonly properties?: Readonly<Record<string, unknown>> | null;
  readonly desired_capabilities?: string | readonly string[] | null;
  readonly local: { readonly handle: number; readonly attach: LocalAttach };
  readonly remote: { readonly attach: { readonly source: Described | null; readonly target: Described | null } };
  on(event: string, handler: (context: AmqpContext) => void): void;
  close(error?: AmqpCondition): void;
  is_open(): boolean;
}

/** A composite value that rhea read; unlike a plain object it must be told to encode itself as one. */
interface Described {
  described(): unknown;
}

/** Fields of the attach frame that answers the peer's; written out after the handler of the open event returned. */
export interface LocalAttach {
  source: unknown;
  target: unknown;
  max_message_size: number;
  snd_settle_mode: number;
  offered_capabilities: readonly string[];
}

export interface Terminus {
  readonly address?: string | null;
  readonly filter?: Readonly<Record<string, unknown>> | null;
}

/** A link on which the simulator sends. */
export interface AmqpSender extends AmqpLink {
  credit: number;
  delivery_count: number;
  send(message: AmqpMessage): unknown;
  set_drained(drained: boolean): void;
  _draining?: boolean;
}

/** A link on which the simulator receives. */
export type AmqpReceiver = AmqpLink;

export interface AmqpDelivery {
  readonly format?: number | null;
  accept(): void;
  reject(error: AmqpCondition): void;
  release(): void;
}

export interface AmqpContext {
  readonly connection: AmqpConnection;
  readonly session: AmqpSession;
  readonly sender: AmqpSender;
  readonly receiver: AmqpReceiver;
  readonly delivery: AmqpDelivery;
  /** Raw bytes: `connection.ts` keeps rhea from decoding messages. */
  readonly message: Buffer;
  readonly error?: unknown;
}

export interface AmqpMessage {
  readonly message_id?: unknown;
  readonly correlation_id?: unknown;
  readonly reply_to?: string;
  readonly to?: string;
  readonly application_properties?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

export interface SaslMechanism {
  outcome: boolean | undefined;
  username?: string;
  start(initialResponse: Buffer | undefined): undefined;
  step(response: Buffer): undefined;
}

export interface AmqpContainer {
  readonly sasl_server_mechanisms: Record<string, () => SaslMechanism>;
  create_connection(options: object): AmqpConnection;
  on(event: string, handler: (context: AmqpContext) => void): void;
}

/** Wrappers that fix the AMQP type of a value where a plain JavaScript value would be ambiguous. */
export interface AmqpTypes {
  wrap_long(value: number): unknown;
  wrap_int(value: number): unknown;
  wrap_uint(value: number): unknown;
  wrap_string(value: string): unknown;
  wrap_timestamp(value: number): unknown;
  wrap_array(values: readonly string[], typeCode: number, descriptor: undefined): unknown;
}

interface RheaRoot {
  create_container(options: { readonly id: string }): AmqpContainer;
  readonly types: AmqpTypes;
  readonly message: { decode(bytes: Buffer): AmqpMessage };
}

const root = rhea as unknown as RheaRoot;

/** AMQP's type wrappers. */
export const amqpTypes: AmqpTypes = root.types;

/** Decodes one encoded message (AMQP 1.0 part 3 section 3.2). Throws on malformed bytes. */
export function decodeMessage(bytes: Buffer): AmqpMessage {
  return root.message.decode(bytes);
}

/** A container of its own, so that handlers of one simulator never see another's connections. */
export function createContainer(id: string): AmqpContainer {
  return root.create_container({ id });
}

/** Answers an attach with the source (filters included) and target that the peer asked for, as one that accepts it does. */
export function echoTermini(link: AmqpSender | AmqpReceiver): void {
  const { source, target } = link.remote.attach;
  if (source !== null) link.local.attach.source = source.described();
  if (target !== null) link.local.attach.target = target.described();
}
