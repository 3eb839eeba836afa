import { isIP } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { Clock } from '#ports/clock.ts';
import { createCallGate } from './call-gate.ts';

/** Which Temporal, and how to get in. */
export interface TemporalTarget {
  /** host:port. */
  readonly address: string;
  readonly namespace: string;
  /** `true`: TLS with the certificate authorities of the system. Without it, plain text, which is for loopback only. */
  readonly tls?: TemporalTls | true;
  /** Sent as bearer token, so only over TLS. Asked for with each call: it may be rotated. */
  readonly apiKey?: () => string;
}

/** PEM, all of it. */
export interface TemporalTls {
  readonly ca?: Uint8Array;
  /** With `key`: client certificate. */
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
  /** Name that the server's certificate must have, where it is not the host's. */
  readonly serverName?: string;
}

export interface ConnectionDeps {
  readonly target: TemporalTarget;
  readonly dataConverter?: DataConverter;
  /** Shown in histories; holds nothing personal. */
  readonly identity?: string;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random?: () => number;
}

/** A client that needs no server to be made: calls fail while there is none, and work once it is there. */
export interface TemporalConnection {
  readonly client: Client;
  /** For what the client lacks; calls have deadlines and retries too. */
  readonly connection: Connection;
  readonly namespace: string;
  /** Runs calls under a deadline of `ms` instead of the usual one ({@link deadlineOf}). */
  within<T>(ms: number, work: () => Promise<T>): Promise<T>;
  /** Ends the calls that are under way, waits for them, then closes. Calls after it fail. */
  close(): Promise<void>;
}

/**
 * Connects when it is first needed and again whenever the server comes back (within about a second). Every call has a deadline, and is repeated with
 * jitter until then when the server was away or busy: with the same request id, so that nothing happens twice.
 * @throws when the target is plain text and not on loopback
 */
export function createConnection(deps: ConnectionDeps): TemporalConnection {
  const { target, dataConverter, identity } = deps;
  const gate = createCallGate(deps);
  const connection = Connection.lazy({
    address: target.address,
    ...transport(target),
    ...(target.apiKey && { apiKey: target.apiKey }),
    interceptors: [gate.interceptor],
    channelArgs: {
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 1_000,
      // Of the SDK, which are lost where others are given: a half-open connection is noticed within 45 s.
      'grpc.keepalive_permit_without_calls': 1,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 15_000,
    },
  });
  const client = new Client({
    connection,
    namespace: target.namespace,
    ...(dataConverter && { dataConverter }),
    ...(identity !== undefined && { identity }),
  });
  let closing: Promise<void> | undefined;
  return {
    client,
    connection,
    namespace: target.namespace,
    within: (ms, work) => connection.withDeadline(Date.now() + ms, work),
    close() {
      closing ??= gate.close().then(() => connection.close());
      return closing;
    },
  };
}

/**
 * TLS as the SDK wants it, for clients and workers alike.
 * @throws when the target is plain text and not on loopback
 */
export function transport({ address, tls, apiKey }: TemporalTarget): { readonly tls?: SdkTls | true } {
  if (tls === undefined) {
    if (!isLoopback(address)) throw new Error(`Temporal at ${address}: plain text is for loopback only, it needs TLS`);
    if (apiKey !== undefined) throw new Error(`Temporal at ${address}: an API key needs TLS`);
    return {};
  }
  if (tls === true) return { tls };
  const { ca, cert, key, serverName } = tls;
  return {
    tls: {
      ...(ca && { serverRootCACertificate: ca }),
      ...(cert && key && { clientCertPair: { crt: cert, key } }),
      ...(serverName !== undefined && { serverNameOverride: serverName }),
    },
  };
}

interface SdkTls {
  serverNameOverride?: string;
  serverRootCACertificate?: Uint8Array;
  clientCertPair?: { crt: Uint8Array; key: Uint8Array };
}

function isLoopback(address: string): boolean {
  const host = address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
