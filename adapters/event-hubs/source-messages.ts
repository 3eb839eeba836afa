import type { PackedMessages } from '#adapters/event-hubs/packed-messages.ts';
import type { PartitionState } from '#adapters/event-hubs/states.ts';
import type { DescribeResult, PartitionResult, ReceivedItem, StartPosition } from '#ports/event-source.ts';

/** What the thread of a source is asked. Every question and every reading has a number that its answers repeat. */
export type ToSource =
  | { readonly kind: 'describe'; readonly number: number }
  | { readonly kind: 'partition'; readonly number: number; readonly partitionId: string }
  | {
      readonly kind: 'receive';
      readonly number: number;
      readonly partitionId: string;
      readonly from: StartPosition;
    }
  /** One more item of that reading was taken. */
  | { readonly kind: 'taken'; readonly number: number }
  /** Nobody waits for that question or reading any more. */
  | { readonly kind: 'stop'; readonly number: number }
  | { readonly kind: 'close' };

/** What it says. */
export type FromSource =
  | { readonly kind: 'answer'; readonly number: number; readonly answer: DescribeResult | PartitionResult }
  | { readonly kind: 'item'; readonly number: number; readonly item: PackedItem }
  /** The reading is over; `error` where it failed in a way that nobody expected. */
  | { readonly kind: 'ended'; readonly number: number; readonly error?: string }
  | { readonly kind: 'state'; readonly partitionId: string; readonly state: PartitionState }
  /** A promise of the client's was rejected that nobody waits for. */
  | { readonly kind: 'rejection'; readonly detail: string }
  | { readonly kind: 'closed' };

export type PackedItem =
  | { readonly kind: 'batch'; readonly messages: PackedMessages }
  | Exclude<ReceivedItem, { readonly kind: 'batch' }>;

/** One end of a connection between threads, as `node:worker_threads` has them. */
export interface SourcePort<Out, In> {
  postMessage(message: Out, transfer?: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: In) => void): unknown;
}
