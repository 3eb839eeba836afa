import { parseArgs } from 'node:util';
import { type Figure, type FigureResult, isMet } from '#bench/figure.ts';
import { answerJobs, type Jobs } from '#bench/jobs.ts';
import { tableOf } from '#bench/report.ts';
import { inRoom } from '#bench/room.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
    process: { type: 'string' },
  },
});

const processes: Readonly<Record<string, () => Promise<Jobs>>> = {
  hub: async () => (await import('#bench/processes/hub.ts')).hubJobs,
  store: async () => (await import('#bench/processes/store.ts')).storeJobs,
  appender: async () => (await import('#bench/processes/appender.ts')).appenderJobs,
  sample: async () => (await import('#bench/processes/sample.ts')).sampleJobs,
  stage: async () => (await import('#bench/processes/stage.ts')).stageJobs,
  models: async () => (await import('#bench/processes/models.ts')).modelJobs,
  reader: async () => (await import('#bench/processes/reader.ts')).readerJobs,
};

async function allFigures(): Promise<readonly Figure[]> {
  return [
    (await import('#bench/figures/ingest-embedded.ts')).ingestEmbedded,
    (await import('#bench/figures/ingest-eventstoredb.ts')).ingestEventStoreDb,
    (await import('#bench/figures/ingest-sample.ts')).ingestSample,
    (await import('#bench/figures/latency.ts')).latency,
    (await import('#bench/figures/rebuild.ts')).rebuild,
    (await import('#bench/figures/memory.ts')).memory,
    (await import('#bench/figures/renewals.ts')).renewals,
    (await import('#bench/figures/renewals-repaired.ts')).repaired,
  ];
}

async function bench(): Promise<number> {
  const all = await allFigures();
  if (values.help) {
    process.stdout.write(
      `npm run bench [-- NAME… --json]\n\nMeasures, on this machine alone, and exits with 1 where a limit is missed.\n\n${all
        .map(({ name, title }) => `  ${name.padEnd(22)}${title}\n`)
        .join('')}`,
    );
    return 0;
  }
  const unknown = positionals.filter((name) => !all.some((figure) => figure.name === name));
  if (unknown.length > 0) {
    process.stderr.write(
      `there is no figure ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}\n`,
    );
    return 2;
  }
  const figures = positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name));
  const done: (FigureResult & { name: string; title: string; seconds: number })[] = [];
  for (const { name, title, run } of figures) {
    const started = performance.now();
    const result = await inRoom((text) => process.stderr.write(`${name}: ${text}\n`), run);
    done.push({ name, title, seconds: Math.round((performance.now() - started) / 1000), ...result });
    if (!values.json) process.stdout.write(`${tableOf(title, result)}\n`);
  }
  const met = done.every(({ rows }) => rows.every((one) => isMet(one) !== false));
  if (values.json) process.stdout.write(`${JSON.stringify({ met, figures: done }, null, 2)}\n`);
  return met ? 0 : 1;
}

if (values.process === undefined) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  process.exitCode = await bench();
} else {
  const jobs = processes[values.process];
  if (jobs === undefined) throw new Error(`there is no process ${values.process}`);
  answerJobs(await jobs());
}
