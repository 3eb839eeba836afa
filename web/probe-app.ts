import { Hono } from 'hono';
import { securityHeaders } from '#web/guards.ts';
import { problem } from '#web/problem.ts';
import { answerHealth, metricsType } from '#web/routes/probes.ts';

/** What a role without a desk says about itself. */
export interface ProbeDeps {
  readonly ready: () => Promise<boolean>;
  /** Prometheus text format 0.0.4, nothing personal in it. */
  readonly metrics: () => Promise<string>;
}

/** `/health/*` and `/metrics` alone, for roles that serve no desk. */
export function createProbeApp({ ready, metrics }: ProbeDeps): Hono {
  const app = new Hono();
  app.use(securityHeaders());
  answerHealth(app, ready);
  app.get('/metrics', async (c) => c.text(await metrics(), 200, { 'Content-Type': metricsType }));
  app.notFound(() => problem('not-found'));
  app.onError(() => problem('internal'));
  return app;
}
