/** What stands between us and a token, in four classes that differ in who has to act (graph-and-teams, "Device code flow and tokens"). */
export interface IdentityTrouble {
  readonly kind: IdentityTroubleKind;
  /** What Entra said: `AADSTS53003`, else the OAuth error (`invalid_grant`), else a word of ours (`network`, `key-store`). */
  readonly code: string;
  /** One sentence for an operator: what is wrong. Nothing personal, nothing secret. */
  readonly what: string;
  /** One or two sentences: what to do, with the policy or page where. */
  readonly next: string;
  /** Not before so many milliseconds from now, where Entra said so. */
  readonly retryAfterMs?: number;
  /** Entra's own ids, for a support case. */
  readonly correlationId?: string;
  readonly traceId?: string;
}

export type IdentityTroubleKind =
  /** A person has to sign in again. */
  | 'sign-in-again'
  /** An administrator of the tenant has to change something first. */
  | 'admin-must-act'
  /** Nobody has to do anything: it is tried again, later and later. */
  | 'back-off'
  /** A fault of ours: trying the same again would not help. */
  | 'our-fault';
