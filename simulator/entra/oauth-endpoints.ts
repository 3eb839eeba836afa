import { randomUUID } from 'node:crypto';
import type { Provider } from 'oidc-provider';
import type { DeviceCodes } from '#simulator/entra/device-codes.ts';
import type { EntraClient } from '#simulator/entra/options.ts';
import { deviceCodeGrant, type ProviderContext, routes } from '#simulator/entra/provider.ts';
import type { Realm } from '#simulator/entra/realm.ts';
import type { AadstsCode } from '#simulator/entra/refusals.ts';
import { type AskedScopes, answeredScope, providerScope, readScopes } from '#simulator/entra/scopes.ts';
import { type Form, refuseToken } from '#simulator/entra/token-rules.ts';
import { clientInfo, idTokenClaims } from '#simulator/entra/tokens.ts';

export interface OauthEndpoints {
  /** Answers a request for a token or a device code; `next` lets oidc-provider answer. */
  handle(ctx: ProviderContext, next: () => Promise<unknown>): Promise<void>;
}

const maxBody = 64 * 1024;

/**
 * Entra's own ways around oidc-provider: forms of scopes, MSAL's grant type, errors with AADSTS numbers, what answers carry besides.
 * @param secret what oidc-provider takes for a confidential client's proof once it was checked here
 */
export function createOauthEndpoints(
  realm: Realm,
  provider: Provider,
  codes: DeviceCodes,
  secret: string,
  isAutomatic: () => boolean,
): OauthEndpoints {
  const refuse = (ctx: ProviderContext, code: AadstsCode) => {
    const { status, body } = realm.refusal(code, correlationId(ctx));
    ctx.status = status;
    ctx.set('cache-control', 'no-store');
    ctx.set('x-ms-request-id', body.trace_id);
    ctx.body = body;
    ctx.state['aadsts'] = code;
  };

  const token = async (ctx: ProviderContext, form: Form, client: EntraClient, next: () => Promise<unknown>) => {
    const given: Form = form['grant_type'] === 'device_code' ? { ...form, grant_type: deviceCodeGrant } : form;
    const refused = await refuseToken(given, client, realm, provider);
    if (refused !== undefined) return refuse(ctx, refused);
    // What was granted at sign-in counts; Entra lets a refresh ask for any part of it.
    const { scope, client_assertion, client_assertion_type, client_info, claims, ...rest } = given;
    replaceBody(ctx, client.kind === 'public' ? rest : { ...rest, client_secret: secret });
    await next();
    if (ctx.status !== 200) return refuse(ctx, fallback(ctx.body));
    const asked = readScopes(scope, client);
    if (!asked.ok) return refuse(ctx, asked.code);
    ctx.body = answer(ctx.body as Answer, asked, client);
  };

  const answer = (body: Answer, asked: AskedScopes, client: EntraClient) => {
    const { id_token: idToken, refresh_token: refreshToken, access_token: accessToken, expires_in: seconds } = body;
    const common = { token_type: 'Bearer', expires_in: seconds, ext_expires_in: seconds, access_token: accessToken };
    const user = realm.user(claimsOf(accessToken)['upn'] as string | undefined);
    if (user === undefined) return common;
    const issuedAt = Math.floor(realm.shownTime() / 1000);
    const context = {
      tenant: realm.tenant,
      client,
      user,
      issuer: realm.issuer,
      issuedAt,
      expiresAt: issuedAt + seconds,
    };
    const openid = asked.openid.length > 0 ? asked.openid : ['openid', 'profile'];
    return {
      ...common,
      scope: answeredScope({ ...asked, openid }, client),
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
      ...(idToken === undefined ? {} : { id_token: realm.key.sign(idTokenClaims(context, claimsOf(idToken))) }),
      client_info: clientInfo(user, realm.tenant),
    };
  };

  const deviceCode = async (ctx: ProviderContext, form: Form, client: EntraClient, next: () => Promise<unknown>) => {
    if (client.kind === 'confidential') return refuse(ctx, 7000218);
    const asked = readScopes(form['scope'], client);
    if (!asked.ok) return refuse(ctx, asked.code);
    if (asked.openid.length + asked.permissions.length === 0 && !asked.everything) return refuse(ctx, 900144);
    replaceBody(ctx, { client_id: client.clientId, scope: providerScope(asked, client) });
    await next();
    if (ctx.status !== 200) return refuse(ctx, fallback(ctx.body));
    const { device_code, user_code, expires_in } = ctx.body as {
      device_code: string;
      user_code: string;
      expires_in: number;
    };
    const verificationUri = `${realm.authority}/device`;
    ctx.body = {
      user_code,
      device_code,
      verification_uri: verificationUri,
      expires_in,
      interval: realm.options.pollingSeconds ?? 5,
      message: `To sign in, use a web browser to open the page ${verificationUri} and enter the code ${user_code} to authenticate.`,
    };
    if (isAutomatic()) await codes.answer(user_code);
  };

  return {
    handle: async (ctx, next) => {
      const endpoint = ctx.path === routes.token ? token : deviceCode;
      const form = await readForm(ctx);
      if (form === undefined) return refuse(ctx, 9002313);
      if (form['client_id'] === undefined && form['client_assertion'] === undefined) return refuse(ctx, 900144);
      const client = realm.client(form['client_id'] ?? claimsOf(form['client_assertion'] ?? '')['iss']);
      if (client === undefined) return refuse(ctx, 700016);
      await endpoint(ctx, { ...form, client_id: client.clientId }, client, next);
    },
  };
}

interface Answer {
  readonly access_token: string;
  readonly expires_in: number;
  readonly id_token?: string;
  readonly refresh_token?: string;
}

/** Entra's number for what only oidc-provider noticed. */
function fallback(body: unknown): AadstsCode {
  switch ((body as { error?: unknown } | undefined)?.error) {
    case 'invalid_grant':
      return 70000;
    case 'invalid_client':
      return 7000215;
    case 'invalid_scope':
      return 70011;
    case 'unsupported_grant_type':
      return 70003;
    case 'server_error':
      return 9002339;
    default:
      return 9002313;
  }
}

/** What the caller sent to find its request again, else a new id. */
export function correlationId(ctx: ProviderContext): string {
  const sent = ctx.get('client-request-id');
  return /^[0-9a-f-]{36}$/i.test(sent) ? sent : randomUUID();
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Readonly<
      Record<string, unknown>
    >;
  } catch {
    return {};
  }
}

/** @returns undefined for what is no form, is too long, or names something twice */
export async function readForm(ctx: ProviderContext): Promise<Form | undefined> {
  if (ctx.is('application/x-www-form-urlencoded') === false) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of ctx.req) {
    length += (chunk as Buffer).length;
    if (length > maxBody) return undefined;
    chunks.push(chunk as Buffer);
  }
  const parameters = [...new URLSearchParams(Buffer.concat(chunks).toString())].filter(([, value]) => value !== '');
  const form = Object.fromEntries(parameters);
  return Object.keys(form).length === parameters.length ? form : undefined;
}

/** Gives oidc-provider another body to read than the one that was sent. */
function replaceBody(ctx: ProviderContext, form: Form): void {
  const body = Buffer.from(new URLSearchParams(form).toString());
  ctx.req.headers['content-length'] = String(body.length);
  delete ctx.req.headers.authorization;
  Object.defineProperties(ctx.req, {
    readable: { value: true, configurable: true },
    iterator: {
      value: async function* () {
        yield body;
      },
      configurable: true,
    },
  });
}
