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

/** Asks a running process; a process that cannot be reached ends the command with exit code 69. */
export async function ask(
  url: string,
  init: { readonly method?: string; readonly body?: unknown; readonly timeoutMs?: number } = {},
): Promise<Answer> {
  const { method = 'GET', body, timeoutMs = 30_000 } = init;
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: {
        ...proofFor(url),
        'x-tocsin-request': '1',
        'x-tocsin-client': 'cli',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    throw new CommandError(
      exitCodes.unreachable,
      `${new URL(url).origin} does not answer (${reasonOf(error)}); is it running? \`npx tocsin status\` tells`,
    );
  }
  const text = await response.text();
  return { status: response.status, body: parse(text) };
}

/** The answer's object, or an error with what the problem details say and the exit code that fits them. */
export function expectOk(answer: Answer): JsonObject {
  if (answer.status < 300) return answer.body as JsonObject;
  throw new CommandError(exitOf(answer), detailOf(answer));
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

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
  return cause?.code ?? (error instanceof Error ? error.name : 'unknown');
}
