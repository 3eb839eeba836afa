import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, fetch } from 'undici';
import { onTestFinished } from 'vitest';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { MessageToPublish, PublishResult } from '#ports/event-publisher.ts';
import type {
  GraphEvent,
  GraphSimulator,
  GraphSimulatorOptions,
  TokenCheck,
  TokenClaims,
} from '#simulator/graph/options.ts';
import { createGraphSimulator } from '#simulator/graph/simulator.ts';
import { createManualClock, type ManualClock } from '#simulator/manual-clock.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { openTenant, type SimulatedTenant } from '#simulator/teams/tenant.ts';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';

export const start = Date.UTC(2026, 2, 1, 8, 0, 0);
export const minute = 60_000;
export const hour = 60 * minute;

const authority = createCertificateAuthority(Date.now());
const leaf = authority.issue(['localhost', '127.0.0.1'], Date.now());
/** For webhooks of tests. */
export const webhookTls = leaf;
/** PEM of the authority that the simulator's certificate comes from. */
export const authorityPem = authority.cert;

export interface Answer {
  readonly status: number;
  readonly body: JsonObject;
  readonly headers: Headers;
  /** `error.code` and `error.message`, empty where there is none. */
  readonly code: string;
  readonly message: string;
}

export interface Rig {
  readonly graph: GraphSimulator;
  readonly tenant: SimulatedTenant;
  readonly clock: ManualClock;
  readonly events: GraphEvent[];
  /** What the hub took: parsed bodies, oldest first. */
  readonly published: JsonObject[];
  readonly contentTypes: (string | undefined)[];
  /** Makes the hub answer so; undefined: takes everything. */
  hubAnswers(result: PublishResult | undefined): void;
  /** `path` with version, or an absolute URL. */
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  /** A token of the service user, of the chat client. */
  delegated(more?: Partial<TokenClaims>): string;
  /** A token of the events client itself. */
  application(more?: Partial<TokenClaims>): string;
  /** The body of a chat subscription, and of one to emergency events, that Graph takes. */
  chatBody(more?: Record<string, unknown>): Record<string, unknown>;
  eventsBody(policy: string, more?: Record<string, unknown>): Record<string, unknown>;
  /** Moves time on and does what is due. */
  pass(ms: number): Promise<void>;
}

export interface RequestOptions {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

let founded: Promise<SimulatedTenant> | undefined;

/** One tenant for all tests of a file: its keys take a while to make. Its files are gone. */
function sharedTenant(): Promise<SimulatedTenant> {
  founded ??= (async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tocsin-test-'));
    try {
      return await openTenant(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  })();
  return founded;
}

export async function startGraph(given: Partial<GraphSimulatorOptions> = {}): Promise<Rig> {
  const tenant = given.tenant ?? (await sharedTenant());
  const clock = (given.clock as ManualClock | undefined) ?? createManualClock(start);
  const events: GraphEvent[] = [];
  const published: JsonObject[] = [];
  const contentTypes: (string | undefined)[] = [];
  let hubAnswer: PublishResult | undefined;
  const publish = async (messages: readonly MessageToPublish[]): Promise<PublishResult> => {
    if (hubAnswer !== undefined) return hubAnswer;
    for (const { body, contentType } of messages) {
      published.push(JSON.parse(new TextDecoder().decode(body)) as JsonObject);
      contentTypes.push(contentType);
    }
    return { ok: true };
  };
  const graph = await createGraphSimulator({
    port: 0,
    tls: leaf,
    clock,
    ids: createSeededIds(7),
    tenant,
    verifyToken: async (bearer) => readToken(bearer, clock.now()),
    hubs: [
      {
        namespaces: ['simulated.servicebus.windows.net', 'localhost'],
        hub: 'teams-emergency',
        keyVaultSecrets: ['simulated.vault.azure.net/secrets/hub'],
        publisher: { publish },
      },
    ],
    limits: 'none',
    webhookCa: authority.cert,
    observe: (event) => events.push(event),
    ...given,
  });
  const agent = new Agent({ connect: { ca: authority.cert } });
  onTestFinished(async () => {
    await graph.close();
    await agent.destroy();
  });
  const token = (claims: TokenClaims) => Buffer.from(JSON.stringify(claims)).toString('base64url');
  const delegated: Rig['delegated'] = (more = {}) =>
    token({
      appId: tenant.chatClientId,
      tenantId: tenant.id,
      userId: tenant.serviceUserId,
      scopes: ['User.Read', 'Chat.Read', 'Chat.ReadBasic', 'ChatMessage.Read'],
      roles: [],
      expiresAt: clock.now() + hour,
      ...more,
    });
  return {
    graph,
    tenant,
    clock,
    events,
    published,
    contentTypes,
    hubAnswers: (result) => {
      hubAnswer = result;
    },
    delegated,
    application: (more = {}) =>
      token({
        appId: tenant.eventsClientId,
        tenantId: tenant.id,
        scopes: [],
        roles: ['CallEvents-Emergency.Read.All'],
        expiresAt: clock.now() + hour,
        ...more,
      }),
    async request(method, path, { token: bearer = delegated(), body, headers = {} } = {}) {
      const response = await fetch(path.startsWith('https:') ? path : `${graph.url}/${path}`, {
        method,
        dispatcher: agent,
        headers: {
          ...(bearer === '' ? {} : { authorization: `Bearer ${bearer}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const parsed = text === '' ? {} : (JSON.parse(text) as JsonObject);
      const error = isJsonObject(parsed['error']) ? parsed['error'] : {};
      return {
        status: response.status,
        body: parsed,
        headers: response.headers as unknown as Headers,
        code: String(error['code'] ?? ''),
        message: String(error['message'] ?? ''),
      };
    },
    chatBody: (more = {}) => ({
      changeType: 'created,updated',
      notificationUrl: graph.notificationUrl,
      lifecycleNotificationUrl: graph.notificationUrl,
      resource: `users/${tenant.serviceUserId}/chats/getAllMessages`,
      expirationDateTime: new Date(clock.now() + 24 * hour).toISOString(),
      clientState: 'a secret of ours',
      includeResourceData: true,
      encryptionCertificate: tenant.certificate.der,
      encryptionCertificateId: tenant.certificate.id,
      ...more,
    }),
    eventsBody: (policy, more = {}) => ({
      changeType: 'updated',
      notificationUrl: graph.notificationUrl,
      resource: `communications/calls/getEmergencyEventsByPolicy(policyName='${policy}')`,
      expirationDateTime: new Date(clock.now() + 23 * hour).toISOString(),
      clientState: 'a secret of ours',
      includeResourceData: true,
      encryptionCertificate: tenant.certificate.der,
      encryptionCertificateId: tenant.certificate.id,
      ...more,
    }),
    async pass(ms) {
      clock.advance(ms);
      await graph.tick();
    },
  };
}

/** Tokens of these tests are their claims. */
function readToken(bearer: string, now: number): TokenCheck {
  try {
    const claims = JSON.parse(Buffer.from(bearer, 'base64url').toString('utf8')) as TokenClaims;
    return claims.expiresAt <= now ? { ok: false, reason: 'expired' } : { ok: true, claims };
  } catch {
    return { ok: false, reason: 'malformed' };
  }
}

/** The notices within what a hub took. */
export function noticesOf(published: readonly JsonObject[]): JsonObject[] {
  return published.flatMap(({ value }) => (Array.isArray(value) ? (value as JsonObject[]) : []));
}
