import type { Clock } from '#ports/clock.ts';
import type { EventPublisher } from '#ports/event-publisher.ts';
import type { Ids } from '#ports/ids.ts';
import type { GraphFaults } from '#simulator/graph/faults.ts';
import type { LifecycleEvent, SubscriptionRecord } from '#simulator/graph/record.ts';
import type { TeamsGraph } from '#simulator/teams/live.ts';
import type { SimulatedTenant } from '#simulator/teams/tenant.ts';

/** How a simulated Microsoft Graph is set up. */
export interface GraphSimulatorOptions {
  /** Name to listen on and to be called by; default `localhost`. The certificate has to be for it. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM texts. */
  readonly tls: { readonly key: string; readonly cert: string };
  readonly clock: Clock;
  readonly ids: Ids;
  readonly tenant: SimulatedTenant;
  /** Looks into a bearer token: signature, audience, times. A token of another tenant is refused here. */
  readonly verifyToken: (bearer: string) => Promise<TokenCheck>;
  /** The hubs that notification URLs may name; the first one is that of the seeded subscriptions. At least one. */
  readonly hubs: readonly SimulatedHub[];
  /** Where subscriptions, chats and held notices are kept (`graph.db`); without it they last as long as the simulator. */
  readonly folder?: string;
  /** PEM of an authority that webhooks' certificates may come from, besides the usual ones. */
  readonly webhookCa?: string;
  /** Requests over the documented limits are answered 429, unless `none`. Default `documented`. */
  readonly limits?: 'documented' | 'none';
  /** Live subscriptions: per user for all chats (default 10), per organisation (default 10,000). */
  readonly quotas?: { readonly perUser?: number; readonly perOrganisation?: number };
  /** Milliseconds that the faults `slow` (default 5,000) and `delivery-delayed` (default 300,000) take. */
  readonly slowMs?: number;
  readonly delayMs?: number;
  /** Told of everything that happens to a subscription and its notices, in order: ground truth for tests. */
  readonly observe?: (event: GraphEvent) => void;
  readonly log?: (message: string) => void;
}

/** A hub that `EventHub:` URLs may name. */
export interface SimulatedHub {
  /** Host names of the namespace that are taken for it, without port; the first is that of `notificationUrl`. */
  readonly namespaces: readonly string[];
  /** Name of the hub. */
  readonly hub: string;
  /** Key Vault secrets with its connection string, as `<vault host>/secrets/<name>`. */
  readonly keyVaultSecrets?: readonly string[];
  readonly publisher: Pick<EventPublisher, 'publish'>;
}

export type TokenCheck =
  | { readonly ok: true; readonly claims: TokenClaims }
  | { readonly ok: false; readonly reason: string };

/** What a token says. With `userId` it is a delegated one, else the application's own. */
export interface TokenClaims {
  readonly appId: string;
  readonly tenantId: string;
  /** `scp`, split. */
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly userId?: string;
  /** Milliseconds since 1970 UTC. */
  readonly expiresAt: number;
}

/** A thing that happened, at `at` (milliseconds since 1970 UTC). */
export type GraphEvent = { readonly at: number } & (
  | {
      readonly kind:
        | 'created'
        | 'renewed'
        | 'reauthorized'
        | 'deleted'
        | 'expired'
        /** By a fault, with and without a lifecycle notice. */
        | 'removed'
        | 'vanished'
        /** Its token ran out (`at` is when), and has a new one. */
        | 'paused'
        | 'resumed';
      readonly subscription: SubscriptionRecord;
    }
  | {
      readonly kind: 'notice';
      readonly outcome: 'delivered' | 'held' | 'delayed' | 'failed' | 'lost' | 'dropped';
      readonly subscriptionId: string;
      /** Id of the message or call event. */
      readonly resourceId: string;
    }
  | { readonly kind: 'lifecycle'; readonly event: LifecycleEvent; readonly subscriptionId: string }
  | { readonly kind: 'fault'; readonly name: string; readonly active: boolean }
);

export interface SeedOptions {
  /** How long the tokens of the seeded subscriptions last from now; default an hour, as one that the application sent would. */
  readonly tokenMs?: number;
  /** How long the subscriptions last from now; default and at most what their resource allows (chat 3 days, events 1 day). */
  readonly lifeMs?: number;
  /** Default: `notificationUrl`. */
  readonly notificationUrl?: string;
}

/** A running simulated Graph. */
export interface GraphSimulator extends TeamsGraph {
  /** `https://localhost:<port>`, without version. */
  readonly url: string;
  readonly port: number;
  /** The address of the first hub in Graph's form, for subscriptions. */
  readonly notificationUrl: string;
  readonly faults: GraphFaults;
  /**
   * Makes the tenant's own subscriptions as its applications would, where they have none for the resource, and gives a new token to those that are there (to
   * those that it made itself a new end as well): after it calls are notified at once, and called again and again it keeps them alive. Returns how many were made.
   */
  seed(options?: SeedOptions): number;
  /** Live subscriptions. */
  subscriptions(): readonly SubscriptionRecord[];
  /** As if sessions were revoked: deliveries that depend on tokens of that user or application (default: all) pause, lifecycle notices go out. */
  invalidateTokens(of?: { readonly userId?: string; readonly appId?: string }): void;
  /** Does what is due: expiries, lifecycle notices, held notices. Happens by itself as the clock goes; for clocks that are stepped. */
  tick(): Promise<void>;
  /** When something is due next (milliseconds since 1970 UTC); undefined: nothing. */
  nextDue(): number | undefined;
  stats(): GraphStats;
  close(): Promise<void>;
}

export interface GraphStats {
  /** By `<METHOD> <route>`, such as `PATCH subscriptions`. */
  readonly requests: Readonly<Record<string, number>>;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests that were over a documented limit, whether refused or not. */
  readonly overLimit: number;
  /** PATCH and reauthorize within ten minutes of each other. */
  readonly tenMinuteViolations: number;
  readonly delivered: number;
  readonly dropped: number;
  readonly lost: number;
  /** Notices that wait now. */
  readonly held: number;
}
