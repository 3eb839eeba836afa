import { onTestFinished } from 'vitest';

/** One connection to `/api/stream` of a desk, open until the test ends. */
export interface DeskStream {
  /** How often each emergency came, by id. */
  readonly seen: ReadonlyMap<string, number>;
  /** True once the desk closed it. */
  readonly ended: () => boolean;
}

export async function openDeskStream(desk: string): Promise<DeskStream> {
  const stop = new AbortController();
  const seen = new Map<string, number>();
  let ended = false;
  const response = await fetch(`${desk}/api/stream`, { signal: stop.signal });
  if (response.body === null) throw new Error(`${desk}/api/stream: ${response.status}`);
  const body = response.body.pipeThrough(new TextDecoderStream());
  const reading = (async () => {
    let rest = '';
    for await (const chunk of body) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: ?(.*)$/m.exec(block)?.[1];
        if (!/^event: ?emergency$/m.test(block) || data === undefined) continue;
        const { id } = JSON.parse(data) as { id: string };
        seen.set(id, (seen.get(id) ?? 0) + 1);
      }
    }
  })()
    .catch(() => undefined)
    .finally(() => {
      ended = true;
    });
  onTestFinished(async () => {
    stop.abort();
    await reading;
  });
  return { seen, ended: () => ended };
}
