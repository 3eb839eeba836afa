/** Why a key store refuses to start. */
export type KeyStoreSetupProblem =
  /** Somebody else than the owner may read the master key. */
  | 'master-key-exposed'
  /** There are keys, but the master key that wraps them is gone. */
  | 'master-key-missing'
  /** The file does not hold 32 bytes. */
  | 'master-key-malformed'
  /** It is not the master key that wraps these keys. */
  | 'master-key-wrong'
  /** The database cannot be opened, or is none of ours. */
  | 'unreachable';

/** Thrown when a key store cannot be opened; the message says what to do and holds no secret. */
export class KeyStoreSetupError extends Error {
  override readonly name = 'KeyStoreSetupError';
  readonly problem: KeyStoreSetupProblem;

  constructor(problem: KeyStoreSetupProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
