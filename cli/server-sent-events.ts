import { proofFor } from '#cli/http.ts';

export interface ServerSentEvent {
  readonly id: string | undefined;
  readonly name: string;
  readonly data: string;
}

/** Milliseconds of silence after which a connection is taken for dead; Tocsin sends something every 5 s. */
const silentMs = 20_000;

/**
 * Reads server-sent events (WHATWG HTML, section 9.2), reconnecting from the last id until the iteration is ended.
 * @param onState told why there is no connection whenever an attempt failed, and `undefined` when there is one
 */
export async function* serverSentEvents(
  url: string,
  onState: (state: string | undefined) => void,
): AsyncGenerator<ServerSentEvent> {
  let last: string | undefined;
  for (let failures = 0; ; ) {
    const dead = new AbortController();
    const watchdog = setTimeout(() => dead.abort(new Error(`silent for ${silentMs / 1000} s`)), silentMs);
    try {
      const response = await fetch(url, {
        headers: { ...proofFor(url), ...(last === undefined ? {} : { 'last-event-id': last }) },
        signal: dead.signal,
      });
      if (!response.ok || response.body === null) throw new Error(`answer ${response.status}`);
      onState(undefined);
      failures = 0;
      for await (const event of parse(response.body.pipeThrough(new TextDecoderStream()))) {
        watchdog.refresh();
        last = event.id ?? last;
        yield event;
      }
      throw new Error('the desk ended the connection');
    } catch (error) {
      failures++;
      onState(`not connected (${error instanceof Error ? error.message : 'unknown'}); trying again`);
    } finally {
      clearTimeout(watchdog);
    }
    await new Promise((resolve) =>
      setTimeout(resolve, Math.min(5000, 250 * 2 ** failures) * (0.5 + Math.random() / 2)),
    );
  }
}

async function* parse(chunks: AsyncIterable<string>): AsyncGenerator<ServerSentEvent> {
  let buffer = '';
  for await (const chunk of chunks) {
    buffer += chunk;
    for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
      const lines = buffer.slice(0, end).split('\n');
      buffer = buffer.slice(end + 2);
      const field = (name: string) =>
        lines
          .filter((line) => line.startsWith(`${name}:`))
          .map((line) => line.slice(name.length + 1).replace(/^ /, ''));
      const data = field('data');
      if (data.length > 0) yield { id: field('id')[0], name: field('event')[0] ?? 'message', data: data.join('\n') };
    }
  }
}
