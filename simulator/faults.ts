/** A fault that can be injected into a simulator. */
export interface FaultDescription {
  readonly name: string;
  readonly description: string;
}

/** What every simulator offers to break it on purpose. */
export interface Faults {
  list(): readonly FaultDescription[];
  /** Throws for a name that is not listed. */
  start(name: string): void | Promise<void>;
  stop(name: string): void | Promise<void>;
}
