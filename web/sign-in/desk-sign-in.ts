import type { Look } from '#domain/access/events.ts';
import type { ProvedPerson } from '#domain/access/person.ts';
import type { Permission, Role } from '#domain/access/roles.ts';
import type { CommandTokens, CookieSealer, SignInProvider } from '#ports/sign-in.ts';
import type { DeskReads } from '#web/desk-data.ts';

/** What a desk needs that people sign in to. */
export interface DeskSignIn {
  readonly provider: SignInProvider;
  readonly cookies: CookieSealer;
  /** Where people reach the desk: `https://desk.contoso.example`; plain `http` with a loopback address alone. No path, no slash at the end. */
  readonly origin: string;
  /**
   * A proxy stands before the desk, speaks TLS, and sets `X-Forwarded-Proto` and `X-Forwarded-For` whatever was sent to it. Only then the desk may listen
   * beyond loopback, and only then those headers mean anything.
   */
  readonly trustedProxy: boolean;
  /** Who can help, for people who have no role: a sentence of the organisation's own. */
  readonly help?: string;
  /** Proves that a command runs as the user of this process; without it commands are refused. */
  readonly localKey?: LocalKey;
  /** Takes tokens of commands on other machines, at the addresses for them alone; without it none are taken. */
  readonly commands?: CommandTokens;
  /** Who looked at what. */
  readonly access: AccessLog;
  /** The same reads for people who may not see personal values. */
  readonly hidden: DeskReads;
  /** Milliseconds after which a session ends whatever happens (default 12 hours), and after which it ends unused (default 60 minutes). */
  readonly absoluteMs?: number;
  readonly idleMs?: number;
  /** Sign-ins that one address may try in a minute (default 30). */
  readonly attemptsPerMinute?: number;
}

export interface LocalKey {
  /** base64url. */
  readonly text: string;
  /** User of the operating system that this process runs as. */
  readonly systemUser: string;
}

/** Records looks without making anybody wait. */
export interface AccessLog {
  record(look: Look): void;
  state(): AccessLogState;
}

/** Whether looks reach the record. */
export interface AccessLogState {
  /** Looks that are not written yet. */
  readonly waiting: number;
  /** Since when the oldest of them waits, milliseconds since 1970 UTC; absent where none does. */
  readonly waitingSince?: number;
  /** Looks that were never written, since this process began. */
  readonly lost: number;
  /** When one was written last, milliseconds since 1970 UTC; absent where none was. */
  readonly writtenAt?: number;
}

/** Who asks, once it was proved. */
export interface Viewer {
  readonly person: ProvedPerson;
  readonly roles: readonly Role[];
  readonly may: ReadonlySet<Permission>;
  /** Absent for a command. */
  readonly session?: Session;
}

/** What the session cookie holds. */
export interface Session {
  /** Random; another one for each sign-in. */
  readonly id: string;
  readonly tenant: string;
  readonly person: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Milliseconds since 1970 UTC. */
  readonly startedAt: number;
  readonly usedAt: number;
}
