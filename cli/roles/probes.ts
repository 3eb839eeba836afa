import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { healthReport } from '#cli/roles/health.ts';
import type { RunningIngest } from '#cli/roles/ingest.ts';
import { createListening } from '#cli/roles/listening.ts';
import { holderOf } from '#cli/roles/port-holder.ts';
import type { Shared } from '#cli/roles/shared.ts';
import { type HostAndPort, isThisMachine } from '#config/parsers.ts';
import type { TriageHealth } from '#processor/triage/triage.ts';
import type { HealthRow } from '#web/health-report.ts';

export interface ProbesOptions {
  readonly context: RunContext;
  readonly shared: Shared;
  readonly ingest: RunningIngest | undefined;
  readonly triage: (() => TriageHealth) | undefined;
  readonly resolve: (() => HealthRow) | undefined;
  readonly workflows: (() => readonly HealthRow[]) | undefined;
  /** Of a desk in this process, in Prometheus' text format. */
  readonly figures: (() => string) | undefined;
  readonly at: HostAndPort;
}

/** `/health/*` and `/metrics` of this process, without anything personal: for orchestrators, for Prometheus, and for `tocsin status`. */
export async function startProbes(options: ProbesOptions): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { context, shared, ingest, triage, resolve, at } = options;
  const listening = createListening({
    clock: context.clock,
    own: ingest === undefined ? () => [] : ingest.probe.partitions,
  });
  const report = async () => {
    const whole = await healthReport({
      context,
      listening,
      readModels: undefined,
      triage,
      resolve,
      subscribing: undefined,
      workflows: options.workflows,
      keyStore: async () => (await shared.keyStore.find([])).ok,
    });
    return ingest === undefined ? { rows: whole.rows.filter(({ name }) => name !== 'ingest') } : whole;
  };
  const ready = () =>
    !context.signal.aborted &&
    (ingest === undefined || ingest.probe.partitions().every(({ state }) => state !== 'waiting')) &&
    triage?.().state !== 'starting';
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, text: string) =>
      response
        .writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
        .end(text);
    const word = (ok: boolean) => answer(ok ? 200 : 503, 'text/plain; charset=utf-8', ok ? 'ok\n' : 'not ready\n');
    const path = request.method === 'GET' ? (request.url ?? '').split('?')[0] : undefined;
    if (path === '/health/live') word(true);
    else if (path === '/health/ready' || path === '/health/startup') word(ready());
    else if (path === '/health/report' && isThisMachine(at.host))
      report().then(
        (body) => answer(200, 'application/json', JSON.stringify(body)),
        () => word(false),
      );
    else if (path === '/metrics')
      context.metrics.registry.metrics().then(
        (text) => answer(200, 'text/plain; version=0.0.4; charset=utf-8', `${text}${options.figures?.() ?? ''}`),
        () => word(false),
      );
    else answer(404, 'text/plain; charset=utf-8', 'not found\n');
  });
  await new Promise<void>((resolveListening, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, resolveListening);
  }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE')
      throw new CommandError(
        exitCodes.unreachable,
        `port ${at.port} is held by another process${await holderOf(at.port)}; end it, or set TOCSIN_PROBES to another port`,
      );
    throw error;
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${at.host.includes(':') ? `[${at.host}]` : at.host}:${port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
