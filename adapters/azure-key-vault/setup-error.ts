/** Why a stack's keys cannot be opened, and waiting would not help. */
export type KeyVaultSetupProblem =
  /** An address is none of a key in a vault. */
  | 'address'
  /** There is no key store in the container yet, and none was to be made. */
  | 'nothing-there'
  /** The vault has no such key. */
  | 'key-missing'
  /** The container holds keys, but not the master key that wraps them. */
  | 'master-key-missing'
  /** What is kept as the master key cannot be unwrapped by this vault's key, or is not the one of these keys. */
  | 'master-key-wrong';

/** Thrown when the keys of a stack cannot be opened; the message says what to do and holds no secret. */
export class KeyVaultSetupError extends Error {
  override readonly name = 'KeyVaultSetupError';
  readonly problem: KeyVaultSetupProblem;

  constructor(problem: KeyVaultSetupProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}
