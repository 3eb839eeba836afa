import { resolve } from 'node:path';
import { readAllEndpoints } from '#cli/endpoints.ts';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import { type Answer, ask, proveTo } from '#cli/http.ts';
import { createOutput, table } from '#cli/output.ts';
import { requireSettings } from '#cli/settings.ts';
import { spanWords } from '#cli/time-words.ts';
import type { HealthReport, HealthRow } from '#web/health-report.ts';

interface ProcessStatus {
  readonly pid: number;
  readonly version: string;
  readonly roles: readonly string[];
  readonly answers: boolean;
  /** Why it does not say how it is, where it answers (`refused`: not to this user) or something else does in its place (`foreign`). */
  readonly word?: 'refused' | 'foreign';
}

/** `tocsin status`: the rows of the admin page, from every process of this state folder; exit code 1 where something is in trouble. */
export async function status(options: { readonly json?: boolean }, stateDir: string | undefined): Promise<void> {
  const output = createOutput();
  const folder = resolve(requireSettings(stateDir).stateDir);
  const all = await readAllEndpoints(folder);
  if (all.length === 0)
    throw new CommandError(
      exitCodes.unreachable,
      'nothing of Tocsin runs with this state folder; start it with `npm start` or `npx tocsin run`',
    );
  const processes: ProcessStatus[] = [];
  const rows: HealthRow[] = [];
  let listening: HealthReport['listening'] | undefined;
  for (const endpoints of all) {
    const { desk, probes } = endpoints as { readonly desk?: string; readonly probes?: string };
    if (desk !== undefined) proveTo(desk, folder);
    const url = desk === undefined ? probes && `${probes}/health/report` : `${desk}/api/health`;
    const answer = url === undefined ? undefined : await ask(url, { timeoutMs: 5000 }).catch(() => undefined);
    const report = answer === undefined ? undefined : reportOf(answer);
    const word = answer === undefined || report !== undefined ? undefined : wordOf(answer);
    processes.push({
      pid: endpoints.pid,
      version: endpoints.version,
      roles: endpoints.roles,
      answers: url === undefined || report !== undefined || word === 'refused',
      ...(word === undefined ? {} : { word }),
    });
    rows.push(...(report?.rows ?? []));
    listening = desk === undefined ? (listening ?? report?.listening) : (report?.listening ?? listening);
  }
  const trouble =
    rows.some((row) => row.state === 'trouble') ||
    processes.some(({ answers, word }) => !answers || word !== undefined) ||
    listening?.ok === false;
  if (options.json === true) output.json({ processes, ...(listening === undefined ? {} : { listening }), rows });
  else print(output, processes, listening, unique(rows));
  process.exitCode = trouble ? exitCodes.no : exitCodes.done;
}

/** Undefined for what is no report. */
function reportOf({ status, body }: Answer): (Pick<HealthReport, 'rows'> & Partial<HealthReport>) | undefined {
  const report = body as unknown as Partial<HealthReport> | string | null;
  return status === 200 && typeof report === 'object' && report !== null && Array.isArray(report.rows)
    ? { ...report, rows: report.rows }
    : undefined;
}

/** An error of Tocsin's own is no answer to whoever asks how it is. */
function wordOf({ status }: Answer): 'refused' | 'foreign' | undefined {
  if (status === 401 || status === 403) return 'refused';
  return status < 500 ? 'foreign' : undefined;
}

/** Processes that look at the same thing say it twice: the worse of the two counts. */
function unique(rows: readonly HealthRow[]): HealthRow[] {
  const order = { trouble: 0, warning: 1, ok: 2 };
  const kept = new Map<string, HealthRow>();
  for (const row of rows) {
    const key = `${row.kind}/${row.name}`;
    const other = kept.get(key);
    if (other === undefined || order[row.state] < order[other.state]) kept.set(key, row);
  }
  return [...kept.values()].sort((a, b) => order[a.state] - order[b.state]);
}

function print(
  output: ReturnType<typeof createOutput>,
  processes: readonly ProcessStatus[],
  listening: HealthReport['listening'] | undefined,
  rows: readonly HealthRow[],
): void {
  if (listening !== undefined) {
    const proof =
      listening.lastProofAt === undefined ? 'never proved' : `last proved ${ageOf(listening.lastProofAt)} ago`;
    output.data(
      listening.ok
        ? `${output.paint('green', 'LISTENING')}  ${proof}`
        : `${output.paint('red', 'NOT LISTENING')} since ${listening.since}: ${listening.word ?? ''} (${proof})`,
    );
    output.data('');
  }
  for (const { pid, version, roles, answers, word } of processes) {
    const trouble = word === undefined ? (answers ? '' : 'does not answer') : wordLines[word];
    output.data(
      `process ${pid}  ${roles.join(', ')}  ${version}${trouble === '' ? '' : `  ${output.paint('red', trouble)}`}`,
    );
  }
  output.data('');
  const colour = { ok: 'green', warning: 'yellow', trouble: 'red' } as const;
  const lines = table(
    ['STATE', 'WHAT', 'NAME', 'WORD', 'LAST PROOF', 'FIGURES', 'NEXT'],
    rows.map((row) => [
      row.state,
      row.kind,
      row.name,
      row.word,
      row.lastProofAt === undefined ? '' : `${ageOf(row.lastProofAt)} ago`,
      Object.entries(row.figures ?? {})
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
      row.next ?? '',
    ]),
  );
  for (const [index, line] of lines.entries()) {
    const row = rows[index - 1];
    output.data(row === undefined ? line : line.replace(row.state, output.paint(colour[row.state], row.state)));
  }
}

const wordLines = {
  refused: 'answers, but tells you nothing: run this as the user that it runs as, or sign in at the desk',
  foreign: 'does not answer: something that is not Tocsin does at its address',
};

function ageOf(instant: string): string {
  return spanWords(Date.now() - Date.parse(instant));
}
