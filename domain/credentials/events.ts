import type { IdentityTrouble } from '#domain/identity/trouble.ts';

/** How a credential gets its tokens. */
export type SignInMethod = 'device-code' | 'browser' | 'certificate' | 'federated';

/** What is on record of a credential, in `credential-<id>`; no token, no code and no name of a person is in any of it. Times are ISO 8601 UTC. */
export type CredentialEvent =
  | {
      readonly type: 'CredentialSignInRequested';
      readonly data: { readonly feed: 'chat' | 'events'; readonly method: SignInMethod; readonly why: string };
    }
  | {
      /** A code waits for a person. The code itself is shown, never stored. */
      readonly type: 'CredentialCodeShown';
      readonly data: { readonly verificationUri: string; readonly expiresAt: string };
    }
  | {
      readonly type: 'CredentialSignedIn';
      readonly data: {
        readonly feed: 'chat' | 'events';
        readonly method: SignInMethod;
        readonly permissions: readonly string[];
        readonly tokenExpiresAt: string;
        readonly grantExpiresAt?: string;
      };
    }
  | {
      readonly type: 'CredentialRefreshed';
      readonly data: {
        readonly feed: 'chat' | 'events';
        readonly permissions: readonly string[];
        readonly tokenExpiresAt: string;
        readonly grantExpiresAt?: string;
      };
    }
  | {
      /** Written when trouble begins or changes, not at every attempt. */
      readonly type: 'CredentialTroubled';
      readonly data: {
        readonly feed: 'chat' | 'events';
        readonly trouble: Pick<IdentityTrouble, 'kind' | 'code' | 'what' | 'next'>;
      };
    }
  | {
      /** Nobody signed in, and the grant before goes on serving. */
      readonly type: 'CredentialSignInFailed';
      readonly data: {
        readonly feed: 'chat' | 'events';
        readonly trouble: Pick<IdentityTrouble, 'kind' | 'code' | 'what' | 'next'>;
      };
    }
  | { readonly type: 'CredentialReminded'; readonly data: { readonly what: string; readonly urgency: number } }
  | { readonly type: 'CredentialRevoked'; readonly data: { readonly why: string } };
