import type { AmqpCondition, AmqpConnection, AmqpMessage, AmqpSender, AmqpSession } from '../amqp/rhea.ts';
import type { Wire } from '../amqp/wire.ts';
import type { Grants } from '../auth/grants.ts';
import type { FaultState } from '../faults.ts';
import type { Namespace } from '../namespace.ts';
import type { EventHubsSimulatorOptions } from '../options.ts';

/** What all links of a simulator share. */
export interface Service {
  readonly options: EventHubsSimulatorOptions;
  readonly namespace: Namespace;
  readonly faults: FaultState;
  readonly counters: { received: number; delivered: number };
  readonly log: (message: string) => void;
}

/** One connected client. */
export interface Peer {
  readonly connection: AmqpConnection;
  readonly wire: Wire;
  readonly grants: Grants;
  readonly links: Set<OpenLink>;
  /** Links on which answers of `$cbs` and `$management` go back. */
  readonly replyLinks: Set<AmqpSender>;
}

/** A publisher or consumer link that is attached. */
export interface OpenLink {
  readonly kind: 'publisher' | 'consumer';
  readonly session: AmqpSession;
  readonly hub: string;
  /** Undefined for a publisher that lets the hub choose. */
  readonly partition: string | undefined;
  /** Called when credit, window or wire may have room again, or a fault has ended. */
  wake(): void;
  /** Goes back so many events. */
  rewind(events: number): void;
  /** Detaches with a reason. */
  detach(reason: AmqpCondition): void;
  /** The link is gone. */
  dispose(): void;
}

/** Sends an answer to the link that a request asked for, else to the one of the same node on the same session. */
export function reply(peer: Peer, session: AmqpSession, node: string, request: AmqpMessage, answer: AmqpMessage): void {
  const candidates = [...peer.replyLinks].filter((link) => link.source?.address?.endsWith(node));
  const link =
    candidates.find((sender) => sender.target?.address === request.reply_to && request.reply_to !== undefined) ??
    candidates.find((sender) => sender.session === session) ??
    candidates[0];
  link?.send({ ...answer, correlation_id: request.message_id, ...(request.reply_to && { to: request.reply_to }) });
}
