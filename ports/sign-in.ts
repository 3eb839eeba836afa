import type { JsonObject } from '#kernel/json.ts';

/** An identity provider that people sign in to the desk with: OpenID Connect, authorization code with PKCE. */
export interface SignInProvider {
  /**
   * Where to send the browser, and what has to be kept until it comes back.
   * @param redirectUri registered with the provider, such as `https://desk.contoso.example/signed-in`
   * @param chooseAccount the provider asks whom to be, even where it knows
   */
  begin(redirectUri: string, chooseAccount: boolean): Promise<BeginResult>;
  /**
   * Redeems what the browser brought back. State, nonce, issuer, audience, times and signature are checked; nothing is repeated, as a code serves once.
   * @param callback the whole address that the browser came back to
   */
  finish(callback: URL, transaction: SignInTransaction): Promise<FinishResult>;
  /** Where the provider ends its own session and comes back from; undefined where it has no such address or it is not known. */
  endSession(backTo: string): Promise<string | undefined>;
}

/** Tokens that a command on another machine brings from the identity provider: who sends it, once signature, issuer, audience, times, program and scope are checked. */
export interface CommandTokens {
  person(token: string): Promise<FinishResult>;
}

/** Kept by the browser, sealed, until it comes back: at most ten minutes. */
export interface SignInTransaction {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export type BeginResult =
  | { readonly ok: true; readonly url: string; readonly transaction: SignInTransaction }
  | ProviderAway;

export type FinishResult =
  | { readonly ok: true; readonly person: SignedInPerson }
  /** The person, or a policy of the provider, said no. `detail` is a code for operators, never text that was sent. */
  | { readonly ok: false; readonly reason: 'declined'; readonly detail: string }
  /** What came back does not belong to what was asked: replayed, forged, mixed up, or much too late. */
  | { readonly ok: false; readonly reason: 'invalid'; readonly detail: string }
  | ProviderAway;

/** The provider does not answer, or not usefully. `detail` is for operators and holds nothing secret. */
export interface ProviderAway {
  readonly ok: false;
  readonly reason: 'away';
  readonly detail: string;
}

/** Who the provider says it is. */
export interface SignedInPerson {
  /** `tid`: a UUID. */
  readonly tenant: string;
  /** `oid`: a UUID, the same for ever. */
  readonly id: string;
  /** As the directory shows it; may change, and two people may have the same. */
  readonly name: string;
  /** Values of app roles, as they were sent. */
  readonly roles: readonly string[];
}

/** Puts things into cookies that only Tocsin can read and nobody can change. */
export interface CookieSealer {
  /**
   * @param purpose a value sealed for one purpose opens for no other
   * @param expiresAt milliseconds since 1970 UTC
   */
  seal(purpose: string, content: JsonObject, expiresAt: number): Promise<SealCookieResult>;
  /** `invalid`: forged, altered, expired, for another purpose, or sealed with a key that is gone. */
  open(purpose: string, value: string): Promise<OpenCookieResult>;
}

export type SealCookieResult =
  | { readonly ok: true; readonly value: string }
  /** The keys are in the key store, and that is away. */
  | { readonly ok: false; readonly reason: 'unavailable'; readonly detail: string };

export type OpenCookieResult =
  | { readonly ok: true; readonly content: JsonObject }
  | { readonly ok: false; readonly reason: 'invalid' }
  | { readonly ok: false; readonly reason: 'unavailable'; readonly detail: string };
