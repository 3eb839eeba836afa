/** A Temporal command line that can run the dev server. */
export interface FoundServer {
  readonly ok: true;
  /** Absolute path. */
  readonly executable: string;
  readonly source: 'setting' | 'path' | 'cache' | 'download' | 'built';
  /** Of the server in it, such as `1.31.2`. */
  readonly version: string;
}

/** `detail` says what was tried and what is missing, `remedy` what somebody can do; both for operators. */
export interface NotToBeHad {
  readonly ok: false;
  readonly reason: 'not-to-be-had';
  readonly detail: string;
  readonly remedy: string;
}

export type ObtainResult = FoundServer | NotToBeHad;

/** What is told while the server is being fetched: seconds to minutes, once per machine. */
export type OnProgress = (line: string) => void;
