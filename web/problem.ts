import type { ErrorCode } from '#domain/errors.ts';
import { errorEntry } from '#domain/errors.ts';
import type { JsonObject } from '#kernel/json.ts';

/** Members of a problem beside those that the code decides. */
export interface ProblemExtras {
  /** What happened this time, for a person; never holds what the caller sent unless it is short and harmless as text. */
  readonly detail?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members (RFC 9457 section 3.2). */
  readonly members?: object;
}

/** A problem details document (RFC 9457), its `code` from the closed list. */
function problemDocument(code: ErrorCode, extras: ProblemExtras = {}): JsonObject {
  const { title, status, remedy } = errorEntry(code);
  return {
    type: `urn:tocsin:problem:${code}`,
    title,
    status,
    detail: extras.detail ?? remedy,
    code,
    remedy,
    ...extras.members,
  };
}

/** The answer that carries it. */
export function problem(code: ErrorCode, extras: ProblemExtras = {}): Response {
  return new Response(`${JSON.stringify(problemDocument(code, extras))}\n`, {
    status: errorEntry(code).status,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...extras.headers },
  });
}
