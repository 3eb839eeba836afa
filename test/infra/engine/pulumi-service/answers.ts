/** What a request asks for, read. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  /** `token …` of a person or `update-token …` of a lease. */
  readonly authorization: string;
}

/** An answer; an error is `{code, message}` as the service says it. */
export interface Answer {
  readonly status: number;
  readonly body?: object;
}

/** The answer for an error. */
export function fault(code: number, message: string): Answer {
  return { status: code, body: { code, message } };
}
