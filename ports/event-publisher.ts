import type { Json } from '#kernel/json.ts';

/** Publishes messages to the hub; a message counts as published only after the service said so. */
export interface EventPublisher {
  /** Sends all messages in one batch, so that they stand together in one partition. */
  publish(
    messages: readonly MessageToPublish[],
    options?: { readonly partitionId?: string; readonly partitionKey?: string },
  ): Promise<PublishResult>;
  close(): Promise<void>;
}

export interface MessageToPublish {
  readonly body: Uint8Array;
  readonly contentType?: string;
  readonly properties?: Readonly<Record<string, Json>>;
  readonly messageId?: string;
}

export type PublishResult =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly reason: 'too-large' | 'unavailable' | 'access-denied' | 'unknown-outcome';
      readonly detail: string;
    };
