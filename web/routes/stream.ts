import type { Hono } from 'hono';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import { readQuery } from '#web/input.ts';
import { createClientQueue } from '#web/live/client-queue.ts';
import { followChanges } from '#web/live/follow-changes.ts';
import { problem } from '#web/problem.ts';
import { lastEventIdSchema, streamQuerySchema } from '#web/schema-input.ts';
import { actedFrom } from '#web/sign-in/acted.ts';
import { readsFor } from '#web/sign-in/reads.ts';

/** Milliseconds after which a browser tries again once the connection ended. */
const retryMs = 1000;

const headers = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};

/** `GET /api/stream`: server-sent events, resumed by `Last-Event-ID` (or `?after=`). */
export function streamRoutes(app: Hono<DeskEnv>, deps: RouteDeps): void {
  const { data, log, pulse, sessions, signIn, signal, maxStreams = 500, maxStreamBytes = 1024 * 1024 } = deps;

  app.get('/api/stream', (c) => {
    const query = readQuery(c, streamQuerySchema);
    if (!query.ok) return query.response;
    const header = c.req.header('last-event-id');
    const resume = lastEventIdSchema.optional().safeParse(header === '' ? undefined : header);
    if (!resume.success)
      return problem('invalid-query', { members: { problems: [{ at: 'Last-Event-ID', problem: 'not a position' }] } });
    if (signal.aborted || pulse.size >= maxStreams)
      return problem('too-many-streams', { headers: { 'Retry-After': '5' } });

    // Nobody reads the body that belongs to a HEAD.
    if (c.req.raw.method === 'HEAD') return c.body(null, 200, headers);

    const viewer = c.get('viewer');
    const reads = readsFor(data, signIn, viewer, actedFrom(c)).emergencies;
    let unfollow = () => {};
    let letGo = () => {};
    const onAbort = () => queue.end();
    const queue = createClientQueue({
      maxBytes: maxStreamBytes,
      onOverflow: () => {
        log.warn({ waiting: maxStreamBytes }, 'a live page was too slow and was let go');
        c.env?.outgoing?.destroy();
      },
      onEnd: () => {
        unfollow();
        letGo();
        pulse.remove(queue);
        signal.removeEventListener('abort', onAbort);
      },
    });
    signal.addEventListener('abort', onAbort);
    // A session that ends takes its live pages with it.
    if (viewer?.session !== undefined && sessions !== undefined) letGo = sessions.hold(viewer.session, onAbort);
    queue.send(`retry: ${retryMs}\n\n`);
    pulse.add(queue);
    unfollow = followChanges(reads, queue, resume.data ?? query.value.after, (error) => {
      // The page comes back by itself; going on would leave a hole in what it shows.
      log.error({ err: error }, 'a live stream failed');
      queue.end();
    });
    if (queue.ended) unfollow();
    return c.body(queue.body, 200, headers);
  });
}
