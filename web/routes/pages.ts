import type { Context, Hono } from 'hono';
import type { DeskEnv, RouteDeps } from '#web/deps.ts';
import { adminPage } from '#web/pages/admin.ts';
import { auditPage } from '#web/pages/audit.ts';
import { boardPage, emergencyPage } from '#web/pages/board.ts';
import { errorPage } from '#web/pages/error.ts';
import type { Fragment, Shell } from '#web/pages/layout.ts';
import { watchPage } from '#web/pages/watch.ts';
import { idSchema } from '#web/schema-input.ts';

/** Pages for people. They are shells: no data is in them, so nothing that a caller sent can become markup. */
export function pageRoutes(app: Hono<DeskEnv>, { data, title }: RouteDeps): void {
  const page = (c: Context, fragment: Fragment, status: 200 | 404 = 200) => c.html(fragment, status);
  const shell = (c: Context<DeskEnv>): Shell => ({ organisation: title, viewer: c.get('viewer') });

  app.get('/', (c) => page(c, boardPage(shell(c), c.req.query('view') === 'wall' ? 'wall' : undefined)));
  app.get('/audit', (c) => page(c, auditPage(shell(c))));
  app.get('/watch', (c) => page(c, watchPage(shell(c))));
  app.get('/admin', (c) => page(c, adminPage(shell(c))));
  app.get('/emergencies/:id', async (c) => {
    const id = idSchema.safeParse(c.req.param('id'));
    const found = id.success ? await data.emergencies.get(id.data) : undefined;
    return found === undefined
      ? page(c, errorPage('emergency-not-found', shell(c)), 404)
      : page(c, emergencyPage(shell(c)));
  });
}
