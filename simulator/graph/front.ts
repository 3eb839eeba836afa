import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultState } from '#simulator/graph/faults.ts';
import { createLimits, limitOf } from '#simulator/graph/limits.ts';
import type { GraphSimulatorOptions, TokenClaims } from '#simulator/graph/options.ts';
import { errorBody, isRefusal, type Refusal, type Reply, refuse } from '#simulator/graph/reply.ts';
import { type GraphRequest, segmentsOf } from '#simulator/graph/request.ts';

/** What stands before every route: ids, faults, versions, tokens, limits. */
export interface Front {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  counts(): {
    readonly requests: Readonly<Record<string, number>>;
    readonly statuses: Readonly<Record<string, number>>;
    readonly overLimit: number;
  };
}

interface FrontDeps
  extends Pick<GraphSimulatorOptions, 'clock' | 'ids' | 'tenant' | 'verifyToken'>,
    Pick<Required<GraphSimulatorOptions>, 'limits' | 'slowMs' | 'log'> {
  readonly faults: FaultState;
  readonly url: () => string;
  /** Aborted when the simulator closes: nothing is held any longer. */
  readonly closing: AbortSignal;
  readonly route: (request: GraphRequest) => Promise<Reply>;
}

/** Most bytes of a body. */
const bodyLimit = 1024 * 1024;

export function createFront(deps: FrontDeps): Front {
  const { clock, ids, faults } = deps;
  const limits = createLimits();
  const counts = { requests: {} as Record<string, number>, statuses: {} as Record<string, number>, overLimit: 0 };
  const count = (of: Record<string, number>, name: string) => {
    of[name] = (of[name] ?? 0) + 1;
  };

  const broken = (): Refusal | undefined => {
    const throttled = faults.on('throttled');
    const many = (headers?: Record<string, string>) => refuse(429, 'TooManyRequests', 'Too many requests.', headers);
    if (throttled !== undefined) return many({ 'retry-after': String(throttled.retryAfterSeconds ?? 10) });
    if (faults.on('throttled-silently') !== undefined) return many();
    if (faults.on('unavailable') !== undefined)
      return refuse(503, 'ServiceUnavailable', 'The service is temporarily unavailable. Please try again later.');
    return undefined;
  };
  const authenticate = async (header: string | undefined): Promise<TokenClaims | Refusal> => {
    const unauthorised = (message: string) =>
      refuse(401, 'InvalidAuthenticationToken', message, {
        'www-authenticate': `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`,
      });
    const bearer = /^Bearer\s+(\S+)$/i.exec(header ?? '')?.[1];
    if (bearer === undefined) return unauthorised('Access token is empty.');
    const check = await deps.verifyToken(bearer);
    if (!check.ok) {
      deps.log(`a token was refused: ${check.reason}`);
      return unauthorised(
        /expire/i.test(check.reason)
          ? 'Lifetime validation failed, the token is expired.'
          : 'Access token validation failure.',
      );
    }
    if (check.claims.tenantId.toLowerCase() !== deps.tenant.id.toLowerCase())
      return unauthorised('Access token validation failure. Invalid tenant.');
    return check.claims;
  };
  const overLimit = (method: string, segments: readonly string[], appId: string): Refusal | undefined => {
    const waitMs = limits.take(limitOf(method, segments), appId, clock.now());
    if (waitMs === undefined) return undefined;
    counts.overLimit++;
    if (deps.limits === 'none') return undefined;
    return refuse(429, 'TooManyRequests', 'Too many requests.', { 'retry-after': String(Math.ceil(waitMs / 1000)) });
  };

  const answer = async (incoming: IncomingMessage, requestId: string): Promise<Reply> => {
    const method = incoming.method ?? 'GET';
    const text = await readBody(incoming);
    if (faults.on('slow') !== undefined) await clock.sleep(deps.slowMs, deps.closing);
    const [path = '', query = ''] = (incoming.url ?? '/').split('?', 2);
    const [, version = '', ...rest] = path.split('/');
    const segments = segmentsOf(rest.join('/'));
    count(counts.requests, `${method} ${routeName(segments)}`);
    const failing = broken();
    if (failing !== undefined) return failing;
    if (version !== 'v1.0' && version !== 'beta') return refuse(400, 'BadRequest', `Invalid version: ${version}`);
    const claims = await authenticate(incoming.headers.authorization);
    if (isRefusal(claims)) return claims;
    const over = overLimit(method, segments, claims.appId);
    if (over !== undefined) return over;
    if (faults.on('permission-missing') !== undefined)
      return refuse(403, 'Forbidden', "Missing permissions on the request. Scopes on the request ''.");
    if (text === undefined) return refuse(413, 'RequestEntityTooLarge', 'The request is too large.');
    const body = parse(text);
    if (body === malformed)
      return refuse(
        400,
        'BadRequest',
        'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
      );
    return deps.route({
      method,
      version,
      segments,
      query: new URLSearchParams(query),
      address: `${deps.url()}${path}`,
      claims,
      body,
      prefer: String(incoming.headers['prefer'] ?? ''),
      requestId,
    });
  };

  return {
    counts: () => ({ ...counts, requests: { ...counts.requests }, statuses: { ...counts.statuses } }),
    async handle(incoming, response) {
      const requestId = ids.random();
      const named = incoming.headers['client-request-id'];
      const clientRequestId = typeof named === 'string' && /^[\x21-\x7e]{1,128}$/.test(named) ? named : requestId;
      const reply = await answer(incoming, requestId).catch((error: unknown): Refusal => {
        deps.log(`the simulated Graph failed: ${error instanceof Error ? error.stack : String(error)}`);
        return refuse(500, 'InternalServerError', 'An internal server error occurred.');
      });
      count(counts.statuses, String(reply.status));
      const body = isRefusal(reply) ? errorBody(reply, clock.now(), requestId, clientRequestId) : reply.body;
      const text = body === undefined ? '' : JSON.stringify(body);
      response.writeHead(reply.status, {
        // Of the simulated clock: clients tell from it how far theirs is off.
        date: new Date(clock.now()).toUTCString(),
        'request-id': requestId,
        'client-request-id': clientRequestId,
        'cache-control': 'no-cache',
        ...(body === undefined ? {} : { 'content-type': 'application/json;odata.metadata=minimal;charset=utf-8' }),
        ...(reply.status === 204 ? {} : { 'content-length': Buffer.byteLength(text) }),
        ...reply.headers,
      });
      response.end(text);
    },
  };
}

const malformed = Symbol('malformed');

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return malformed;
  }
}

/** Undefined when it is too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    length += (part as Buffer).length;
    if (length <= bodyLimit) parts.push(part as Buffer);
  }
  return length > bodyLimit ? undefined : Buffer.concat(parts).toString('utf8');
}

/** A path without ids. */
function routeName(segments: readonly string[]): string {
  const words = [
    'me',
    'users',
    'chats',
    'messages',
    'subscriptions',
    'reauthorize',
    'getAllMessages',
    'delta',
    'servicePrincipals',
  ];
  return segments.map((segment) => (words.includes(segment) ? segment : '{id}')).join('/');
}
