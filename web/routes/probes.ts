import type { Env, Hono } from 'hono';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import { healthOf } from '#web/health.ts';
import type { DeskRegistry } from '#web/live/desk-registry.ts';

/** Media type of Prometheus' text format. */
export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

/** `/health/live`, `/health/ready` and `/health/startup`: a status and a word, no data. */
export function answerHealth<E extends Env>(app: Hono<E>, ready: () => Promise<boolean>): void {
  const word = (ok: boolean) => new Response(ok ? 'ok\n' : 'not ready\n', { status: ok ? 200 : 503 });
  app.get('/health/live', () => word(true));
  app.get('/health/ready', async () => word(await ready()));
  app.get('/health/startup', async () => word(await ready()));
}

/** Probes without any data in them, metrics, and the report behind the admin page. */
export function probeRoutes(app: Hono<DeskEnv>, { data, desks, pulse, signIn }: RouteDeps): void {
  answerHealth(app, () => data.ready());

  app.get('/metrics', async (c) => {
    const own = [
      gauge('tocsin_desk_streams', 'Live pages that are connected', { '': pulse.size }),
      openDesks(desks.counts()),
    ];
    const others = await data.metrics();
    const text = `${others === '' || others.endsWith('\n') ? others : `${others}\n`}${own.join('')}`;
    return c.text(text, 200, { 'Content-Type': metricsType });
  });

  app.get('/api/health', async (c) => c.json(await healthOf(data, desks, signIn?.access)));
}

/** How many desks are open and can be heard, in Prometheus' text format. */
export function openDesks({ open, armed, muted }: ReturnType<DeskRegistry['counts']>): string {
  return gauge('tocsin_desks', 'Open desks by whether they can be heard', {
    '{sound="armed"}': armed,
    '{sound="muted"}': muted,
    '{sound="off"}': open - armed - muted,
  });
}

function gauge(name: string, help: string, values: Readonly<Record<string, number>>): string {
  const lines = Object.entries(values).map(([labels, value]) => `${name}${labels} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
}
