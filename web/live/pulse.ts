import type { HealthReport } from '#web/health-report.ts';
import type { ClientQueue } from '#web/live/client-queue.ts';
import { encodeSse } from '#web/live/sse.ts';

export interface PulseOptions {
  readonly health: () => Promise<HealthReport>;
  readonly now: () => number;
  /** Milliseconds between pings; a page counts as not live after 12 s without one. */
  readonly pingMs: number;
  /** Milliseconds between looks at health. */
  readonly healthMs: number;
  readonly onFailure: (error: unknown) => void;
}

/** The beat that all live pages share: pings, and health whenever it changed. Costs nothing while nobody looks. */
export interface Pulse {
  /** Adds a client and greets it with a ping and the health of now. */
  add(queue: ClientQueue): void;
  remove(queue: ClientQueue): void;
  /** Clients that are connected. */
  readonly size: number;
}

export function createPulse(options: PulseOptions): Pulse {
  const clients = new Set<ClientQueue>();
  let timers: NodeJS.Timeout[] = [];
  let lastHealth: string | undefined;
  let looking = false;
  let unknownSince: string | undefined;

  const ping = () => encodeSse({ event: 'ping', data: { at: new Date(options.now()).toISOString() } });
  const readHealth = async (): Promise<string> => {
    try {
      const report = await options.health();
      unknownSince = undefined;
      return encodeSse({ event: 'health', data: report });
    } catch (error) {
      options.onFailure(error);
      unknownSince ??= new Date(options.now()).toISOString();
      return encodeSse({ event: 'health', data: unknownHealth(unknownSince) });
    }
  };

  function beat() {
    const text = ping();
    for (const client of clients) client.send(text);
  }
  async function look() {
    if (looking) return;
    looking = true;
    const text = await readHealth();
    looking = false;
    if (text === lastHealth) return;
    lastHealth = text;
    for (const client of clients) client.send(text);
  }

  return {
    add(queue) {
      clients.add(queue);
      queue.send(ping());
      void readHealth().then((text) => queue.send(text));
      if (timers.length > 0) return;
      timers = [setInterval(beat, options.pingMs).unref(), setInterval(() => void look(), options.healthMs).unref()];
    },
    remove(queue) {
      clients.delete(queue);
      if (clients.size > 0) return;
      for (const timer of timers) clearInterval(timer);
      timers = [];
    },
    get size() {
      return clients.size;
    },
  };
}

/** Where nobody can tell how Tocsin is, a page must not go on believing what it heard last. */
function unknownHealth(since: string): HealthReport {
  const word = 'This desk cannot tell whether the hub is read';
  const next = 'Look at the log of the role desk, and run `tocsin doctor`.';
  return {
    rows: [{ kind: 'role', name: 'desk', state: 'trouble', word: 'its health cannot be read', since, next }],
    listening: { ok: false, since, feeds: [], word },
  };
}
