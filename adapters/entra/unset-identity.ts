import type { CredentialId, Identity } from '#ports/identity.ts';
import type { Secrets } from '#ports/secrets.ts';
import { failure } from './failure.ts';

/**
 * The credential of a feed whose application the settings name no more: it gets no token, and its grant can be forgotten. So that a feed that is no longer wanted comes
 * to its end: its subscription runs out at Graph by itself.
 */
export function createUnsetIdentity(credential: CredentialId, secrets: Pick<Secrets, 'remove'>): Identity {
  const refused = failure({ error: 'no-application' });
  return {
    credential,
    kind: credential === 'chat' ? 'delegated' : 'application',
    signInWithCode: async () => refused,
    signInWithBrowser: async () => refused,
    completeSignInWithBrowser: async () => refused,
    token: async () => refused,
    state: async () => ({ ok: true, signedIn: false, permissions: [] }),
    async forget() {
      const removed = await secrets.remove(`credential/${credential}/token-cache`);
      return removed.ok ? { ok: true } : failure({ error: 'key-store' });
    },
  };
}
