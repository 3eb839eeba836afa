/**
 * The one way out over HTTP: every request to Microsoft, or to a host that the settings name, goes through it. It refuses hosts that are not
 * allowed, plain text off loopback and TLS before 1.2, never follows a redirect and never retries: the caller knows what may be repeated.
 */
export interface Outbound {
  /**
   * @param url absolute; `https:`, or `http:` to a loopback address that is allowed
   */
  request(url: string, request?: OutboundRequest): Promise<OutboundResult>;
}

export interface OutboundRequest {
  /** `GET` without it. */
  readonly method?: OutboundMethod;
  /** Secrets in them are in no failure. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the call to the last byte of the answer, milliseconds (default 30,000). */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export type OutboundMethod = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** An answer, whatever its status, or why there is none. */
export type OutboundResult = OutboundResponse | OutboundFailure;

export interface OutboundResponse {
  readonly ok: true;
  readonly status: number;
  /** Names in lower case; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** How far ahead of ours the clock of the other side is, milliseconds, from its `Date` header (whole seconds); absent without one. */
  readonly skewMs?: number;
}

export interface OutboundFailure {
  readonly ok: false;
  readonly reason: /** The rules above forbid it: nothing was sent, and trying again would not help. */
    | 'refused'
    /** No connection, a broken one, or a certificate that is not trusted. */
    | 'network'
    /** `timeoutMs` passed. */
    | 'timeout'
    /** The caller's signal. */
    | 'aborted'
    /** The answer was longer than an answer may be. */
    | 'too-large';
  /** For operators: host and error code; no path, query, header or body. */
  readonly detail: string;
  /** True when the other side may have got the request, and acted on it. */
  readonly sent: boolean;
}
