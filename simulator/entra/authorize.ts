import { answerMessage } from '#simulator/entra/pages/html.ts';
import type { ProviderContext } from '#simulator/entra/provider.ts';
import type { Realm } from '#simulator/entra/realm.ts';
import { type AadstsCode, refusalText } from '#simulator/entra/refusals.ts';
import { providerScope, readScopes } from '#simulator/entra/scopes.ts';

/** The authorization endpoint: Entra's forms of scopes, and its refusals as pages where there is nowhere to redirect to. */
export async function answerAuthorize(ctx: ProviderContext, realm: Realm, next: () => Promise<unknown>): Promise<void> {
  const refuse = (code: AadstsCode) => {
    ctx.state['aadsts'] = code;
    answerMessage(ctx, 'Sorry, there is trouble signing you in', refusalText(code), 400);
  };
  const query = new URLSearchParams(ctx.querystring);
  const client = realm.client(query.get('client_id') ?? undefined);
  if (client === undefined) return refuse(700016);
  const asked = readScopes(query.get('scope') ?? undefined, client);
  if (!asked.ok) return refuse(asked.code);
  query.set('scope', providerScope(asked, client));
  ctx.querystring = query.toString();
  await next();
  if (ctx.status >= 400) refuse(mismatch(ctx.body) ? 50011 : 9002313);
}

function mismatch(body: unknown): boolean {
  return (body as { error?: unknown } | undefined)?.error === 'invalid_redirect_uri';
}
