import type { Clock } from '#ports/clock.ts';
import type { EventHubsFaults } from './faults.ts';
import type { Retention } from './log/partition-log.ts';

/** How a simulated Event Hubs namespace is set up. */
export interface EventHubsSimulatorOptions {
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string;
  /** Port for AMQP without TLS; 0 takes a free one. */
  readonly port: number;
  readonly hubs: readonly HubOptions[];
  /** `folder` survives a restart, also after kill -9; a folder that another simulator uses is refused. */
  readonly storage: { readonly kind: 'memory' } | { readonly kind: 'folder'; readonly folder: string };
  /** Default: everything is kept, except that `memory` keeps at most 32 MiB per partition. */
  readonly retention?: Retention;
  /** The shared access key of the namespace that signatures are checked against. */
  readonly sas: { readonly keyName: string; readonly key: string };
  /** A second listener with TLS, as clients with a token credential insist on. PEM texts; port 0 takes a free one. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly port: number };
  /** A listener for AMQP over WebSockets; with TLS (wss) when `tls` is given. */
  readonly webSockets?: { readonly port: number };
  /** Checks the tokens of Entra credentials; without it every such token is refused. */
  readonly jwt?: JwtVerifier;
  readonly clock: Clock;
  readonly log?: (message: string) => void;
}

export interface HubOptions {
  readonly name: string;
  /** 1 to 1024. */
  readonly partitions: number;
  /** Besides `$Default`, which always exists. */
  readonly consumerGroups?: readonly string[];
}

/** Checks one bearer token for an audience such as `sb://host/hub`. Expected refusals are values. */
export type JwtVerifier = (token: string, audience: string) => Promise<TokenCheck>;

export type TokenCheck =
  | {
      readonly ok: true;
      /** Path below the namespace that the token opens, without slashes at its ends; empty for all. */
      readonly path: string;
      /** Milliseconds since 1970 UTC. */
      readonly expiresAt: number;
    }
  | { readonly ok: false; readonly reason: string };

/** A running simulated namespace. */
export interface EventHubsSimulator {
  /** For clients of any language that know `UseDevelopmentEmulator`. */
  readonly connectionString: string;
  readonly port: number;
  /** Port with TLS, when there is one. */
  readonly tlsPort: number | undefined;
  readonly webSocketsPort: number | undefined;
  readonly faults: EventHubsFaults;
  stats(): EventHubsStats;
  /** As if somebody deleted the hub and made it anew: a later creation time, no events, links detached. */
  recreateHub(name: string): Promise<void>;
  /** Drops all connections and closes the files. */
  close(): Promise<void>;
}

export interface EventHubsStats {
  readonly connections: number;
  readonly publishers: number;
  readonly consumers: number;
  /** Events stored and deliveries made since the start. */
  readonly received: number;
  readonly delivered: number;
  readonly hubs: readonly {
    readonly name: string;
    readonly createdAt: number;
    readonly partitions: readonly {
      readonly id: string;
      readonly firstSequenceNumber: number;
      readonly nextSequenceNumber: number;
      readonly bytes: number;
    }[];
  }[];
}
