import type { IdentityTrouble } from '#domain/identity/trouble.ts';

/**
 * One credential at Microsoft Entra ID: the sign-in of the service user (chat feed, delegated), or the application itself (events feed). Tokens
 * leave it only as the argument of a request to Graph.
 */
export interface Identity {
  readonly credential: CredentialId;
  /** The delegated sign-in, or the application's own. */
  readonly kind: 'delegated' | 'application';
  /**
   * Signs in by device code (RFC 8628). `show` is called once, with the code that a person has to enter; the promise settles when the person
   * answered, the code ran out, or the signal was aborted. The new grant replaces the old one only when it is there.
   */
  signInWithCode(options: {
    readonly signal: AbortSignal;
    readonly show: (code: DeviceCode) => void | Promise<void>;
  }): Promise<SignInResult>;
  /**
   * Second way to sign in, for tenants that block device codes: authorization code with PKCE (RFC 7636). `open` is called with the URL that a
   * person opens in a browser, and until when (milliseconds since 1970 UTC); the answer comes to a loopback address of this machine, or to `completeSignInWithBrowser`. `name` says which sign-in it
   * is: begun again under the same name, as after its process died, it goes on with the same URL.
   */
  signInWithBrowser(options: {
    readonly signal: AbortSignal;
    readonly open: (url: string, expiresAt: number) => void | Promise<void>;
    readonly name?: string;
  }): Promise<SignInResult>;
  /**
   * Finishes the sign-in by browser that waits, in whichever process: for browsers that do not reach the loopback address. The one that began it is then
   * to be ended by its signal. @param address secret: what stands in the address bar at the end
   */
  completeSignInWithBrowser(address: string): Promise<SignInResult>;
  /** An access token for Graph: the kept one while it lives longer than `liveMs` (default 5 minutes), else a new one. `force` always asks for a new one. */
  token(options?: { readonly liveMs?: number; readonly force?: boolean }): Promise<TokenResult>;
  /** What is known without asking anybody. */
  state(): Promise<CredentialState | IdentityFailure>;
  /** Forgets the grant here, so that it is never used again. (Entra has no way to revoke one refresh token: an admin revokes the user's sessions.) */
  forget(): Promise<{ readonly ok: true } | IdentityFailure>;
}

/** `chat` or `events`: one for each feed. */
export type CredentialId = 'chat' | 'events';

export interface DeviceCode {
  /** What the person types in. */
  readonly userCode: string;
  readonly verificationUri: string;
  /** Milliseconds since 1970 UTC. */
  readonly expiresAt: number;
}

export interface AccessToken {
  /** Secret. */
  readonly value: string;
  /** Milliseconds since 1970 UTC. */
  readonly expiresAt: number;
}

export interface CredentialState {
  readonly ok: true;
  readonly signedIn: boolean;
  /** Scopes (delegated) or application roles that the last token carried. */
  readonly permissions: readonly string[];
  /** When the last access token ends, milliseconds since 1970 UTC. */
  readonly tokenExpiresAt?: number;
  /** When the grant ends if it is not used before (a refresh token lives 90 days after its last use; a certificate till its end). */
  readonly grantExpiresAt?: number;
  /** When a person signed in, milliseconds since 1970 UTC; delegated only, absent where it was before this was kept. */
  readonly signedInAt?: number;
  /** Object id of the service user; delegated only. Personal. */
  readonly userId?: string;
  /** Sign-in name of the service user. Personal. */
  readonly userName?: string;
  readonly tenantId?: string;
}

/** Why there is no token, and who has to do what. */
export interface IdentityFailure {
  readonly ok: false;
  readonly reason: 'identity';
  readonly trouble: IdentityTrouble;
}

export type SignInResult = CredentialState | IdentityFailure;
export type TokenResult = { readonly ok: true; readonly token: AccessToken } | IdentityFailure;
