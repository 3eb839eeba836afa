/** Identifiers and chance, handed in so that tests can repeat them. */
export interface Ids {
  /** A random UUID (version 4), lower case. */
  random(): string;
  /** A random number in [0, 1), for jitter. */
  fraction(): number;
}
