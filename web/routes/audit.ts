import type { Context, Hono } from 'hono';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import type { AuditQuery, AuditRecord } from '#web/desk-data.ts';
import { readBody, readQuery } from '#web/input.ts';
import { problem } from '#web/problem.ts';
import { auditFilterSchema, auditQuerySchema, callerBodySchema, recordIdSchema } from '#web/schema-input.ts';
import { actedFrom } from '#web/sign-in/acted.ts';
import { readsFor } from '#web/sign-in/reads.ts';

/** Bytes of lines that are put together before they are sent. */
const chunkBytes = 32 * 1024;

const headers = { 'Content-Type': 'application/x-ndjson; charset=utf-8' };

/** The stored record: as lines of JSON, one by one, and counted. */
export function auditRoutes(app: Hono<DeskEnv>, { data, log, signIn }: RouteDeps): void {
  const reads = (c: Context<DeskEnv>) => readsFor(data, signIn, c.get('viewer'), actedFrom(c)).audit;

  const page = async (c: Context<DeskEnv>, query: AuditQuery) => {
    const lines = reads(c).page(query)[Symbol.asyncIterator]();
    // The first record decides whether there is an answer at all; a failure after it can only cut the connection.
    const first = await lines.next();
    const cut = (error: unknown) => {
      log.error({ err: error }, 'the audit record was cut short');
      c.env?.outgoing?.destroy();
    };
    return c.body(ndjson(first, lines, cut), 200, headers);
  };

  app.get('/api/audit', async (c) => {
    const query = readQuery(c, auditQuerySchema);
    if (!query.ok) return query.response;
    return c.req.raw.method === 'HEAD' ? c.body(null, 200, headers) : page(c, query.value);
  });

  // The caller stands in the body: addresses end in logs and histories.
  app.post('/api/audit/caller', async (c) => {
    const query = readQuery(c, auditQuerySchema);
    if (!query.ok) return query.response;
    const body = await readBody(c, callerBodySchema);
    if (!body.ok) return body.response;
    return page(c, { ...query.value, callerToken: data.callerToken(body.value.caller) });
  });

  app.post('/api/audit/caller/counts', async (c) => {
    const filter = readQuery(c, auditFilterSchema);
    if (!filter.ok) return filter.response;
    const body = await readBody(c, callerBodySchema);
    if (!body.ok) return body.response;
    return c.json(await reads(c).counts({ ...filter.value, callerToken: data.callerToken(body.value.caller) }));
  });

  app.get('/api/audit/counts', async (c) => {
    const filter = readQuery(c, auditFilterSchema);
    return filter.ok ? c.json(await reads(c).counts(filter.value)) : filter.response;
  });

  app.get('/api/audit/:id', async (c) => {
    const id = recordIdSchema.safeParse(c.req.param('id'));
    const found = id.success ? await reads(c).get(id.data) : undefined;
    return found === undefined ? problem('record-not-found') : c.json(found);
  });
}

/** Lines of JSON (https://github.com/ndjson/ndjson-spec), taken from the source only as fast as they are read. */
function ndjson(
  first: IteratorResult<AuditRecord>,
  rest: AsyncIterator<AuditRecord>,
  onFailure: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next: IteratorResult<AuditRecord> = first;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          let text = '';
          while (!next.done && text.length < chunkBytes) {
            text += `${JSON.stringify(next.value)}\n`;
            next = await rest.next();
          }
          if (text !== '') controller.enqueue(encoder.encode(text));
          if (next.done) controller.close();
        } catch (error) {
          onFailure(error);
          controller.error(error);
        }
      },
      async cancel() {
        await rest.return?.();
      },
    },
    { highWaterMark: 1 },
  );
}
