import type { RunContext } from '#cli/roles/context.ts';
import type { RunningDesk } from '#cli/roles/desk.ts';
import { type DiskSpaces, diskRow } from '#cli/roles/disk-space.ts';
import { healthReport } from '#cli/roles/health.ts';
import type { RunningIngest } from '#cli/roles/ingest.ts';
import { createListening } from '#cli/roles/listening.ts';
import { answerText, answerWord, type ProbeListener, pathOf } from '#cli/roles/probe-listener.ts';
import { isReading } from '#cli/roles/proof-age.ts';
import type { Shared } from '#cli/roles/shared.ts';
import { isThisMachine } from '#config/parsers.ts';
import type { TriageHealth } from '#processor/triage/triage.ts';
import type { HealthRow } from '#web/health-report.ts';

export interface ProbesOptions {
  readonly context: RunContext;
  readonly shared: Shared;
  readonly ingest: RunningIngest | undefined;
  readonly triage: (() => TriageHealth) | undefined;
  readonly resolve: (() => HealthRow) | undefined;
  readonly workflows: (() => readonly HealthRow[]) | undefined;
  readonly disks: Pick<DiskSpaces, 'spaces'>;
  /** Of a desk in this process. */
  readonly desk: Pick<RunningDesk, 'figures' | 'ready'> | undefined;
  readonly listener: ProbeListener;
}

/** `/health/*` and `/metrics` of this process, without anything personal: for orchestrators, for Prometheus, and for `tocsin status`. */
export function answerProbes(options: ProbesOptions): void {
  const { context, shared, ingest, triage, resolve, listener } = options;
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
      disks: () => options.disks.spaces().map(diskRow),
      keyStore: async () => (await shared.keyStore.find([])).ok,
    });
    return ingest === undefined ? { rows: whole.rows.filter(({ name }) => name !== 'ingest') } : whole;
  };
  const ready = () =>
    !context.signal.aborted &&
    (ingest === undefined || isReading(ingest.probe.partitions(), context.clock.now())) &&
    triage?.().state !== 'starting' &&
    options.desk?.ready() !== false;
  listener.answerWith((request, response) => {
    const path = request.method === 'GET' ? pathOf(request.url) : undefined;
    // Who has come this far has started: how long it takes to be ready is for readiness alone to say, and no reason to be started anew.
    if (path === '/health/live' || path === '/health/startup') answerWord(response, true);
    else if (path === '/health/ready') answerWord(response, ready());
    else if (path === '/health/report' && isThisMachine(listener.host))
      report().then(
        (body) => answerText(response, 200, 'application/json', JSON.stringify(body)),
        () => answerWord(response, false),
      );
    else if (path === '/metrics')
      context.metrics.text().then(
        (text) =>
          answerText(
            response,
            200,
            'text/plain; version=0.0.4; charset=utf-8',
            `${text}${options.desk?.figures() ?? ''}`,
          ),
        () => answerWord(response, false),
      );
    else answerText(response, 404, 'text/plain; charset=utf-8', 'not found\n');
  });
}
