import { firstLine } from '#cli/commands/pasted.ts';
import { ask, askText, expectOk, foreign, parse } from '#cli/http.ts';
import { createOutput, printable, printableLines, table } from '#cli/output.ts';
import { withReadingDesk } from '#cli/reading-desk.ts';
import { requireDesk } from '#cli/running.ts';
import type { AuditDetail, AuditRecord } from '#web/desk-data.ts';

interface ListOptions {
  readonly after?: string;
  readonly stream?: string;
  readonly type?: string;
  readonly emergency?: string;
  readonly caller?: string;
  readonly feed?: string;
  readonly since?: string;
  readonly until?: string;
  readonly order: 'oldest' | 'newest';
  readonly limit: number;
  readonly json?: boolean;
}

/** `tocsin audit list`: with `--json` one CloudEvent or event of ours a line, as `/api/audit` gives them. */
export async function list(options: ListOptions, stateDir: string | undefined): Promise<void> {
  const { caller, ...rest } = options;
  const given = caller === '-' ? { caller: await firstLine() } : caller === undefined ? {} : { caller };
  await withReadingDesk(stateDir, (desk) => listFrom(desk, { ...rest, ...given }));
}

async function listFrom(desk: string, options: ListOptions): Promise<void> {
  const output = createOutput();
  const { json: asJson = false, limit, caller, ...filters } = options;
  const records: AuditRecord[] = [];
  let left = limit;
  for await (const record of pages(desk, filters, () => left, caller)) {
    if (asJson) output.json(record);
    else records.push(record);
    left--;
    if (left <= 0) break;
  }
  if (asJson) return;
  for (const line of table(
    ['POSITION', 'RECORDED', 'STREAM', 'REV', 'TYPE', 'ID'],
    records.map((record) => [
      record.position,
      record.recordedAt,
      record.stream,
      String(record.revision),
      record.type,
      record.id,
    ]),
  ))
    output.data(line);
}

/** `tocsin audit show`. */
export async function show(
  id: string,
  options: { readonly json?: boolean },
  stateDir: string | undefined,
): Promise<void> {
  await withReadingDesk(stateDir, (desk) => showFrom(desk, id, options.json === true));
}

async function showFrom(desk: string, id: string, asJson: boolean): Promise<void> {
  const output = createOutput();
  const detail = expectOk(await ask(`${desk}/api/audit/${encodeURIComponent(id)}`)) as unknown as AuditDetail;
  if (asJson) output.json(detail.record);
  else output.data(printableLines(JSON.stringify(detail.record, null, 2)));
}

/** `tocsin audit follow`: from now on. */
export async function follow(options: { readonly json?: boolean }, stateDir: string | undefined): Promise<void> {
  const output = createOutput();
  const desk = await requireDesk(stateDir);
  let after = '';
  for await (const { position } of pages(desk, { order: 'newest' }, () => 1)) {
    after = position;
    break;
  }
  for (;;) {
    let found = false;
    for await (const record of pages(desk, after === '' ? {} : { after }, () => 1000)) {
      found = true;
      after = record.position;
      if (options.json === true) output.json(record);
      else
        output.data(
          printable(`${record.recordedAt}  ${record.stream}@${record.revision}  ${record.type}  ${record.id}`),
        );
    }
    if (!found) await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Records in log order, asked for in pages of at most 1,000, until there are no more. */
async function* pages(
  desk: string,
  filters: Readonly<Partial<Record<string, string>>>,
  wanted: () => number,
  caller?: string,
): AsyncGenerator<AuditRecord> {
  let after = filters['after'];
  for (;;) {
    const limit = Math.min(1000, Math.max(1, wanted()));
    const query = new URLSearchParams({
      ...filters,
      limit: String(limit),
      ...(after === undefined ? {} : { after }),
    });
    const { status, text } = await askText(`${desk}/api/audit${caller === undefined ? '' : '/caller'}?${query}`, {
      ...(caller === undefined ? {} : { method: 'POST', body: { caller } }),
      timeoutMs: 120_000,
    });
    if (status >= 300) expectOk({ status, body: parse(text) });
    const lines = text.split('\n').filter((line) => line !== '');
    for (const line of lines) {
      const record = recordOf(line);
      after = record.position;
      yield record;
    }
    if (lines.length < limit) return;
  }
}

function recordOf(line: string): AuditRecord {
  const record = parse(line) as Partial<AuditRecord> | string | null;
  if (typeof record !== 'object' || typeof record?.position !== 'string') throw foreign();
  return record as AuditRecord;
}
