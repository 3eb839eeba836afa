import { type EntraClient, graphResource } from '#simulator/entra/options.ts';
import type { AadstsCode } from '#simulator/entra/refusals.ts';

/** What a request asks for, in one form. */
export interface AskedScopes {
  readonly ok: true;
  /** Of OpenID Connect: `openid`, `profile`, `email`, `offline_access`. */
  readonly openid: readonly string[];
  /** Delegated permissions by short name, as registered. */
  readonly permissions: readonly string[];
  /** Whether it asked for `.default`: all that was granted. */
  readonly everything: boolean;
  /** Whether permissions were written with the resource before them; the answer follows the form. */
  readonly qualified: boolean;
}

const openidScopes: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access']);

/**
 * Reads a `scope` parameter as Entra does: `Chat.Read`, `https://graph.microsoft.com/Chat.Read` and `https://graph.microsoft.com/.default` are
 * all of Graph (learn.microsoft.com, "Scopes and permissions in the Microsoft identity platform").
 */
export function readScopes(
  scope: string | undefined,
  client: EntraClient,
): AskedScopes | { readonly ok: false; readonly code: AadstsCode } {
  const openid = new Set<string>();
  const permissions = new Set<string>();
  let everything = false;
  let qualified = false;
  for (const asked of (scope ?? '').split(/\s+/).filter((text) => text !== '')) {
    if (openidScopes.has(asked)) {
      openid.add(asked);
      continue;
    }
    const prefixed = asked.toLowerCase().startsWith(`${graphResource}/`);
    if (!prefixed && asked.includes('://')) return { ok: false, code: 500011 };
    const name = prefixed ? asked.slice(graphResource.length + 1).replace(/^\//, '') : asked;
    qualified ||= prefixed;
    if (name === '.default') {
      everything = true;
      continue;
    }
    const registered = client.scopes?.find((own) => own.toLowerCase() === name.toLowerCase());
    if (registered === undefined) return { ok: false, code: 65001 };
    permissions.add(registered);
  }
  if (everything && permissions.size > 0) return { ok: false, code: 70011 };
  return { ok: true, openid: [...openid], permissions: [...permissions], everything, qualified };
}

/** oidc-provider strips `offline_access` from requests that do not prompt for consent; Entra does not. */
export const offlineScope = 'offline';

/** The request's scopes as oidc-provider is to see them. */
export function providerScope(asked: AskedScopes, client: EntraClient): string {
  const openid = asked.openid.map((name) => (name === 'offline_access' ? offlineScope : name));
  return [...openid, ...(asked.everything ? (client.scopes ?? []) : asked.permissions)].join(' ');
}

/** The `scope` of a token answer: everything that was granted, in the form that was asked for. */
export function answeredScope(asked: AskedScopes, client: EntraClient): string {
  const prefix = asked.qualified ? `${graphResource}/` : '';
  const names = [...(client.scopes ?? []), ...(asked.everything ? ['.default'] : [])];
  return [...asked.openid.filter((name) => name !== 'offline_access'), ...names.map((name) => `${prefix}${name}`)].join(
    ' ',
  );
}
