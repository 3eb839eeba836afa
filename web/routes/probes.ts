import type { Hono } from 'hono';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import { healthOf } from '#web/health.ts';

/** Probes without any data in them, metrics, and the report behind the admin page. */
export function probeRoutes(app: Hono<DeskEnv>, deps: RouteDeps): void {
  const { data, desks, pulse } = deps;
  const ready = async () => (await data.ready()) === true;
  const word = (ok: boolean) => new Response(ok ? 'ok\n' : 'not ready\n', { status: ok ? 200 : 503 });

  app.get('/health/live', () => word(true));
  app.get('/health/ready', async () => word(await ready()));
  app.get('/health/startup', async () => word(await ready()));

  app.get('/metrics', async (c) => {
    const { open, armed, muted } = desks.counts();
    const own = [
      ['tocsin_desk_streams', 'Live pages that are connected', `tocsin_desk_streams ${pulse.size}`],
      [
        'tocsin_desks',
        'Open desks by whether they can be heard',
        `tocsin_desks{sound="armed"} ${armed}\ntocsin_desks{sound="muted"} ${muted}\ntocsin_desks{sound="off"} ${open - armed - muted}`,
      ],
    ].map(([name, help, values]) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${values}\n`);
    const others = await data.metrics();
    return c.text(`${others === '' || others.endsWith('\n') ? others : `${others}\n`}${own.join('')}`, 200, {
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
    });
  });

  app.get('/api/health', async (c) => c.json(await healthOf(data, desks)));
}
