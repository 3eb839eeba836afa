/** A program that can be used. */
export interface FoundProgram {
  readonly ok: true;
  /** Absolute path. */
  readonly executable: string;
  readonly source: 'setting' | 'path' | 'cache' | 'download' | 'built';
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

export type ObtainResult = FoundProgram | NotToBeHad;

/** `problem` says why a program is of no use, or cannot be got in this way. */
export interface OfNoUse {
  readonly ok: false;
  readonly problem: string;
}

/** What is told while a program is being got: seconds to minutes, once per machine. */
export type OnProgress = (line: string) => void;
