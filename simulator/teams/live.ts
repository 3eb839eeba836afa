import type { JsonObject } from '#kernel/json.ts';
import type { PublishResult } from '#ports/event-publisher.ts';

/** Something that happened in simulated Teams, before anybody asks who is to hear of it. */
export type TeamsChange =
  | {
      readonly kind: 'message';
      readonly changeType: 'created' | 'updated' | 'deleted';
      /** A `chatMessage` with `id`, `chatId` and its times. */
      readonly message: JsonObject;
      /** Object ids of the users who are in the chat. */
      readonly members: readonly string[];
      readonly topic?: string;
      /** Send the notice without content, whatever the subscription asked for. */
      readonly basic?: boolean;
      /** Deliver in the form of an Event Grid partner topic, whatever the notification URL says. */
      readonly cloudEvent?: boolean;
    }
  | {
      readonly kind: 'call';
      /** Name of the emergency calling policy of the caller. */
      readonly policy: string;
      /** An `emergencyCallEvent`. */
      readonly event: JsonObject;
      readonly cloudEvent?: boolean;
    };

/**
 * What became of one notice: `delivered`; `held` until the subscription has a valid token again; `delayed` on purpose; `failed` (its address did not take it, tried
 * again for four hours); `lost` on purpose, or too large for its address.
 */
export type DeliveryOutcome = 'delivered' | 'held' | 'delayed' | 'failed' | 'lost';

export interface Delivery {
  readonly subscriptionId: string;
  readonly feed: 'chat' | 'events';
  readonly outcome: DeliveryOutcome;
  /** Why, where it was not delivered. */
  readonly detail?: string;
}

/** What simulated Teams asks of simulated Graph: it keeps the messages and notifies whoever is subscribed. */
export interface TeamsGraph {
  /** Answers once every notice was sent, held or given up; one list for each change, empty where nobody is subscribed. */
  happened(changes: readonly TeamsChange[]): Promise<readonly (readonly Delivery[])[]>;
  /** Sends a lifecycle notice of the oldest live subscription of a feed, out of turn. */
  lifecycle(
    event: 'reauthorizationRequired' | 'subscriptionRemoved' | 'missed',
    feed: 'chat' | 'events',
  ): Promise<PublishResult>;
  /** Sends the message that Graph sends to a hub when a subscription is made. */
  probe(): Promise<PublishResult>;
}
