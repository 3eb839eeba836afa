/** What an operator asks about the read models; the composition root satisfies it. */
export interface ProjectionAdmin {
  list(): readonly ProjectionStatus[];
  /** Undefined for a name that there is none of. */
  digest(name: string): Promise<ProjectionDigest | undefined>;
  /** Starts over while the old one serves; undefined for a name that there is none of. */
  rebuild(name: string): Promise<ProjectionRebuild | undefined>;
}

export interface ProjectionStatus {
  readonly name: string;
  /** Up to where in the log it is complete; absent before the first event. */
  readonly position?: string;
  readonly caughtUp: boolean;
  readonly connection: string;
  /** Events that a rebuild has read so far; absent when none is under way. */
  readonly rebuilding?: number;
}

export interface ProjectionDigest {
  readonly name: string;
  readonly position?: string;
  /** SHA-256 of its rows, hexadecimal. */
  readonly digest: string;
}

export interface ProjectionRebuild extends ProjectionDigest {
  readonly events: number;
  /** True when the rebuilt one is equal to the one it replaced. */
  readonly equal: boolean;
}
