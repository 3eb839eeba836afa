import type { Context } from 'hono';
import type { z } from 'zod';
import { problem } from '#web/problem.ts';

/** Bytes that a request body may have. */
const bodyLimit = 64 * 1024;

/** What was asked for, or the answer that says why not. */
export type Input<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly response: Response };

/** Which part of the input is wrong and how; never repeats what was sent. */
function problemsOf(error: z.ZodError) {
  return error.issues.slice(0, 20).map((issue) => ({
    at: issue.path.join('.') || '(whole)',
    problem:
      issue.code === 'unrecognized_keys'
        ? `not known: ${issue.keys.slice(0, 5).join(', ').slice(0, 200)}`
        : issue.message,
  }));
}

/** Optional members absent instead of undefined, as the ports demand. */
type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> };
function withoutUndefined<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Present<T>;
}

/** Query parameters, each at most once. */
export function readQuery<S extends z.ZodType<object>>(c: Context, schema: S): Input<Present<z.output<S>>> {
  const given = Object.entries(c.req.queries());
  const repeated = given.find(([, values]) => values.length > 1);
  const parsed = schema.safeParse(Object.fromEntries(given.map(([name, values]) => [name, values[0]])));
  if (parsed.success && repeated === undefined) return { ok: true, value: withoutUndefined(parsed.data) };
  const problems = parsed.success
    ? [{ at: repeated?.[0] ?? '', problem: 'given more than once' }]
    : problemsOf(parsed.error);
  return { ok: false, response: problem('invalid-query', { members: { problems } }) };
}

/** A JSON body of at most {@link bodyLimit} bytes. The rest of a larger one is not read. */
export async function readBody<S extends z.ZodType<object>>(
  c: Context,
  schema: S,
): Promise<Input<Present<z.output<S>>>> {
  const bytes = await readBounded(c.req.raw);
  if (bytes === undefined) return { ok: false, response: problem('body-too-large') };
  const parsed = schema.safeParse(parseJson(bytes));
  if (parsed.success) return { ok: true, value: withoutUndefined(parsed.data) };
  return { ok: false, response: problem('invalid-body', { members: { problems: problemsOf(parsed.error) } }) };
}

async function readBounded(request: Request): Promise<Uint8Array | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > bodyLimit) return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > bodyLimit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
