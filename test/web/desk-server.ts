import type { FakeDeskData } from '#test/support/fake-desk-data.ts';
import { createFakeDeskData } from '#test/support/fake-desk-data.ts';
import { createFakeSubscribing, type FakeSubscribing } from '#test/support/fake-subscribing.ts';
import type { DeskServer, DeskServerOptions } from '#web/server.ts';
import { startDeskServer } from '#web/server.ts';

export interface RunningDesk extends DeskServer {
  readonly subscribing: FakeSubscribing;
  readonly data: FakeDeskData;
  readonly port: number;
  readonly logged: string[];
}

/** A desk on a free port of this machine, over data in memory. */
export async function runDesk(
  options: Partial<DeskServerOptions> = {},
  data: FakeDeskData = createFakeDeskData(),
): Promise<RunningDesk> {
  const logged: string[] = [];
  const subscribing = createFakeSubscribing();
  const started = await startDeskServer({
    data,
    subscribing,
    host: '127.0.0.1',
    port: 0,
    log: {
      info: (_fields, message) => logged.push(`info: ${message}`),
      warn: (_fields, message) => logged.push(`warn: ${message}`),
      error: (_fields, message) => logged.push(`error: ${message}`),
    },
    now: Date.now,
    version: '0.0.0-test',
    pingMs: 200,
    healthMs: 200,
    ...options,
  });
  if (!started.ok) throw new Error(started.reason);
  return { ...started.desk, data, subscribing, logged, port: Number(new URL(started.desk.url).port) };
}
