/**
 * Keys that seal personal data. Wrapped subject keys live here and nowhere else, so that destroying one erases the person.
 * Implementers wrap every key under a master key; making a subject key needs no call to a vault.
 */
export interface KeyStore {
  /** Identity of this key store (a UUID), recorded in the log so that a process with another one refuses to start. */
  readonly id: string;
  /**
   * The keys of subjects, made where there are none; in the order asked for. One transaction for all of them, durable before it answers.
   * An erased subject gets a new key: what happens after an erasure is not what was erased.
   */
  subjectKeys(subjects: readonly Subject[]): Promise<SubjectKeysResult>;
  /** The keys that sealed values name, by key id. */
  find(keyIds: readonly string[]): Promise<FindKeysResult>;
  /**
   * Destroys every key of a subject; of somebody who is known by an object id (`user:…`) also those of the one-to-one chats that the person is one of, as ids of such
   * chats hold the ids of both. Returns the ids of the keys that are gone, the subject's own first.
   */
  erase(subject: Subject): Promise<EraseResult>;
  /**
   * A secret of one UTC day (`YYYY-MM-DD`): `commitment` keys make commitments to content that is not stored, `quarantine` keys seal
   * undecodable bytes until they are destroyed.
   */
  dayKey(purpose: DayKeyPurpose, day: string): Promise<DayKeyResult>;
  /** Destroys the keys of a purpose for all days before `day`; returns how many. */
  destroyDayKeys(
    purpose: DayKeyPurpose,
    before: string,
  ): Promise<{ readonly ok: true; readonly destroyed: number } | KeyStoreFailure>;
  /** HMAC-SHA-256 under a key that never leaves the store, base64url: the same text always gives the same token; for look-ups and correlation. */
  token(texts: readonly string[]): readonly string[];
  close(): Promise<void>;
}

/**
 * Whom a value is about, as a canonical string: `user:<tenant>/<object id>`, else `upn:<upn>`, else `number:<digits>`, else
 * `emergency:<event id>`; `chat:<tenant>/<chat id>` for chats, `responder:<name>` for those who acknowledge. Always lower case.
 */
export type Subject = string;

export type DayKeyPurpose = 'commitment' | 'quarantine';

export interface SubjectKey {
  /** Random, says nothing about the subject. */
  readonly keyId: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

export interface KeyStoreFailure {
  readonly ok: false;
  readonly reason: 'unavailable';
  readonly detail: string;
}

export type SubjectKeysResult = { readonly ok: true; readonly keys: readonly SubjectKey[] } | KeyStoreFailure;
export type FindKeysResult =
  | { readonly ok: true /** Absent where the key was erased. */; readonly keys: ReadonlyMap<string, Uint8Array> }
  | KeyStoreFailure;
export type EraseResult = { readonly ok: true; readonly keyIds: readonly string[] } | KeyStoreFailure;
export type DayKeyResult =
  | { readonly ok: true; readonly key: Uint8Array }
  | { readonly ok: false; readonly reason: 'destroyed' }
  | KeyStoreFailure;
