import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { errorCodes } from '#domain/errors.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import { localKeyHeader } from '#web/sign-in/local-key.ts';

export interface Answer {
  readonly status: number;
  readonly body: Json;
}

const proofs = new Map<string, Readonly<Record<string, string>>>();

/** From now on requests to that desk prove that they come from who may read its state folder. */
export function proveTo(desk: string, stateDir: string): void {
  proofs.set(new URL(desk).origin, localKeyHeader(stateDir, desk));
}

/** From now on requests to that desk, on another machine, bring this token. */
export function bringTo(desk: string, token: string): void {
  proofs.set(new URL(desk).origin, { authorization: `Bearer ${token}` });
}

/** Headers of that proof; none for anybody else. */
export function proofFor(url: string): Readonly<Record<string, string>> {
  return proofs.get(new URL(url).origin) ?? {};
}

export interface Question {
  readonly method?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Milliseconds until the answer has to be there as a whole (default 30 s). */
  readonly timeoutMs?: number;
}

/** Asks a running process; a process that cannot be reached, or whose answer does not come to its end, ends the command with exit code 69. */
export async function ask(url: string, question: Question = {}): Promise<Answer> {
  const { status, text } = await askText(url, question);
  return { status, body: parse(text) };
}

/** As {@link ask}, for what is not JSON as a whole. */
export async function askText(
  url: string,
  { method = 'GET', body, timeoutMs = 30_000 }: Question = {},
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetcherFor(timeoutMs).then((send) =>
      send(url, {
        method,
        headers: {
          ...proofFor(url),
          'x-tocsin-request': '1',
          'x-tocsin-client': 'cli',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(Math.min(timeoutMs, longestTimerMs)),
      }),
    );
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw new CommandError(
      exitCodes.unreachable,
      `${new URL(url).origin} does not answer (${reasonOf(error)}); is it running? \`npx tocsin status\` tells`,
    );
  }
}

/** What `fetch` waits for headers, and between two parts of a body, whatever signal it is given (undici, `headersTimeout` and `bodyTimeout`). */
const fetchMs = 300_000;
/** A timer of Node that is set for longer ends at once. */
const longestTimerMs = 2 ** 31 - 1;

type Fetcher = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal: AbortSignal },
) => Promise<{ readonly status: number; text(): Promise<string> }>;

/** One that waits as long as it is told to. The package is only loaded where Node's own would give up before. */
async function fetcherFor(timeoutMs: number): Promise<Fetcher> {
  if (timeoutMs < fetchMs) return fetch;
  const undici = await import('undici');
  const dispatcher = new undici.Agent({ headersTimeout: 0, bodyTimeout: 0 });
  return (url, init) => undici.fetch(url, { ...init, dispatcher });
}

/** The answer's object, or an error with what the problem details say and the exit code that fits them. */
export function expectOk(answer: Answer): JsonObject {
  const { status, body } = answer;
  if (status >= 300) throw new CommandError(exitOf(answer), detailOf(answer));
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as JsonObject;
  throw foreign();
}

/** For an answer that nothing of Tocsin gives. */
export function foreign(): CommandError {
  return new CommandError(
    exitCodes.unreachable,
    'what answers there is nothing of Tocsin: another program has that address by now; `npx tocsin status` tells what runs here',
  );
}

function exitOf(answer: Answer): number {
  const code = (answer.body as JsonObject | null)?.['code'];
  if (typeof code === 'string' && code in errorCodes) return errorCodes[code as keyof typeof errorCodes].exit;
  if (answer.status >= 500) return exitCodes.unreachable;
  return answer.status === 400 ? exitCodes.usage : exitCodes.no;
}

/** What problem details (RFC 9457) say, in one line. */
export function detailOf(answer: Answer): string {
  const body = answer.body as JsonObject | string | null;
  if (typeof body !== 'object' || body === null) return `answer ${answer.status}`;
  const problems = Array.isArray(body['problems']) ? (body['problems'] as JsonObject[]) : [];
  const detail =
    problems.length === 0 ? body['detail'] : problems.map((one) => `${one['at']} (${one['problem']})`).join(', ');
  return [body['title'], detail].filter((part) => typeof part === 'string').join(': ') || `answer ${answer.status}`;
}

/** The text itself where it is no JSON. */
export function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
  return cause?.code ?? (error instanceof Error ? error.name : 'unknown');
}
