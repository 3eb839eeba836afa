import type { Provider } from 'oidc-provider';
import { answerAuthorize } from '#simulator/entra/authorize.ts';
import type { DeviceCodes } from '#simulator/entra/device-codes.ts';
import { discoveryDocument } from '#simulator/entra/discovery.ts';
import { correlationId, type OauthEndpoints } from '#simulator/entra/oauth-endpoints.ts';
import { answerDevicePage } from '#simulator/entra/pages/device-page.ts';
import { answerMessage } from '#simulator/entra/pages/html.ts';
import { answerSignInPage } from '#simulator/entra/pages/sign-in-page.ts';
import { type ProviderContext, routes } from '#simulator/entra/provider.ts';
import type { Realm } from '#simulator/entra/realm.ts';
import type { AadstsCode } from '#simulator/entra/refusals.ts';

/** Everything that is asked of the simulated Entra ID passes here: faults first, then the tenant in the path, then the endpoint. */
export function createFront(
  realm: Realm,
  provider: Provider,
  parts: { readonly endpoints: OauthEndpoints; readonly codes: DeviceCodes; readonly closed: AbortSignal },
): (ctx: ProviderContext, next: () => Promise<unknown>) => Promise<void> {
  const { faults, options, tenant, clock } = realm;
  const refuse = (ctx: ProviderContext, code: AadstsCode) => {
    const { status, body } = realm.refusal(code, correlationId(ctx));
    ctx.status = status;
    ctx.body = body;
    ctx.state['aadsts'] = code;
  };

  const route = async (ctx: ProviderContext, next: () => Promise<unknown>) => {
    if (faults.on('slow')) await clock.sleep(options.slowMs ?? 5000, parts.closed);
    if (faults.on('throttled')) {
      ctx.set('retry-after', String(options.retryAfterSeconds ?? 5));
      return refuse(ctx, 90055);
    }
    if (faults.on('unavailable')) return refuse(ctx, 90033);
    const [, first = '', ...rest] = ctx.path.split('/');
    if (first === 'error') return answerMessage(ctx, 'About an error', `AADSTS${Number(ctx.query['code'])}`);
    if (['common', 'organizations', 'consumers'].includes(first)) return refuse(ctx, 50194);
    if (first !== tenant.id && first !== tenant.domain) return refuse(ctx, 90002);
    const path = `/${rest.join('/')}`;
    ctx.path = path;
    // oidc-provider puts it before the addresses that it writes.
    Object.assign(ctx, { mountPath: `/${tenant.id}` });
    if (path === '/v2.0/.well-known/openid-configuration') {
      ctx.body = discoveryDocument(realm);
    } else if (path === routes.jwks) {
      ctx.body = { keys: [realm.key.publicJwk] };
    } else if (path === routes.token || path === routes.device_authorization) {
      if (ctx.method === 'POST') await parts.endpoints.handle(ctx, next);
      else refuse(ctx, 9002313);
    } else if (path === routes.authorization) {
      await answerAuthorize(ctx, realm, next);
    } else if (path.startsWith(`${routes.authorization}/`)) {
      await next();
      if (ctx.status >= 400) answerMessage(ctx, 'Not signed in', 'This sign-in has run out. Start again.', 400);
    } else if (path === '/oauth2/v2.0/logout') {
      await signOut(ctx);
    } else if (path === '/device') {
      await answerDevicePage(ctx, realm, parts.codes);
    } else if (path.startsWith('/signin/')) {
      await answerSignInPage(ctx, realm, provider);
    } else {
      answerMessage(ctx, 'Not found', 'There is no such page.', 404);
    }
  };

  const signOut = async (ctx: ProviderContext) => {
    const cookie = provider.cookieName('session');
    const session = ctx.cookies.get(cookie, { signed: true });
    if (session !== undefined) await realm.store.adapter('Session').destroy(session);
    ctx.cookies.set(cookie, null, { signed: true });
    const to = String(ctx.query['post_logout_redirect_uri'] ?? '');
    // Entra goes back only to addresses that an application registered.
    if (!options.clients.some((client) => client.redirectUris?.includes(to))) {
      return answerMessage(ctx, 'You signed out', 'It is a good idea to close all browser windows.');
    }
    const target = new URL(to);
    if (ctx.query['state'] !== undefined) target.searchParams.set('state', String(ctx.query['state']));
    ctx.redirect(target.href);
  };

  return async (ctx, next) => {
    const { method, path } = ctx;
    ctx.set('strict-transport-security', 'max-age=31536000');
    ctx.set('date', new Date(realm.shownTime()).toUTCString());
    try {
      await route(ctx, next);
    } catch (error) {
      options.log?.(`simulated Entra failed: ${error instanceof Error ? error.message : 'unknown'}`);
      refuse(ctx, 9002339);
    }
    const code = ctx.state['aadsts'] as AadstsCode | undefined;
    const shown = path.replace(/\/(signin|authorize)\/.*/, '/$1/…');
    options.log?.(`${method} ${shown} ${ctx.status}${code === undefined ? '' : ` AADSTS${code}`}`);
  };
}
