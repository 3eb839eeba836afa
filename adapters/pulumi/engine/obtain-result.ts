/** A Pulumi engine that can be driven. */
export interface FoundEngine {
  readonly ok: true;
  /** Absolute path of the `pulumi` program. */
  readonly executable: string;
  readonly source: 'setting' | 'path' | 'cache' | 'built';
  /** Such as `3.259.0`. */
  readonly version: string;
}

/** `detail` says what was tried and what is missing, `remedy` what somebody can do; both for operators. */
export interface NotToBeHad {
  readonly ok: false;
  readonly reason: 'not-to-be-had';
  readonly detail: string;
  readonly remedy: string;
}

export type ObtainResult = FoundEngine | NotToBeHad;

/** What is told while the engine is being built: minutes, once per machine. */
export type OnProgress = (line: string) => void;
