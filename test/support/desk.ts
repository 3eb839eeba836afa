import { eventually } from '#test/support/eventually.ts';
import type { TocsinProcess } from '#test/support/tocsin-process.ts';

/** An emergency as `/api/emergencies` shows it, as far as tests look at it. */
export interface ShownEmergency {
  readonly id: string;
  readonly state: string;
  readonly caller?: {
    readonly name?: string;
    readonly id?: string;
    readonly upn?: string;
    readonly callbackNumber?: string;
  };
  readonly location?: Readonly<Record<string, string | number>>;
  readonly text?: string;
  readonly feeds: readonly string[];
  readonly revision: number;
}

/** A row of `/api/health`. */
export interface ShownHealth {
  readonly rows: readonly {
    readonly kind: string;
    readonly name: string;
    readonly state: string;
    readonly word: string;
  }[];
  readonly listening: { readonly ok: boolean; readonly word?: string };
  readonly erasures?: number;
}

export interface PlacedCall {
  readonly ok: boolean;
  readonly emergencyIds: readonly string[];
}

const headers = { 'content-type': 'application/json', 'x-tocsin-request': '1' };

/** The answer to a GET as JSON; throws unless it is 200. */
export async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(15_000) });
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** The answer to a POST, whatever its status. */
export async function postJson(
  url: string,
  body: object,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  return { status: response.status, body: await response.json() };
}

export function deskOf(process: TocsinProcess): string {
  const desk = process.endpoints['desk'];
  if (desk === undefined) throw new Error('no desk runs there');
  return desk;
}

/** A simulated user dials; `ok` is false where the simulated hub did not take all of it. */
export async function placeCall(process: TocsinProcess, request: object): Promise<PlacedCall> {
  const { body } = await postJson(`${process.endpoints['simulator']}/calls`, request);
  return { emergencyIds: [], ...(body as object) } as unknown as PlacedCall;
}

/** Everything on the board, newest first. */
export async function board(desk: string): Promise<readonly ShownEmergency[]> {
  const all: ShownEmergency[] = [];
  for (let cursor = ''; ; ) {
    const page = await getJson<{ items: ShownEmergency[]; next?: string }>(
      `${desk}/api/emergencies?limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    all.push(...page.items);
    if (page.next === undefined) return all;
    cursor = page.next;
  }
}

/** The emergency of a call, once both of its feeds are in it. */
export function onBoard(desk: string, call: PlacedCall, withinMs?: number): Promise<ShownEmergency> {
  return eventually(
    `the call ${call.emergencyIds.join('/')} on the board`,
    async () =>
      (await board(desk)).find(
        ({ id, feeds }) => call.emergencyIds.includes(id) && feeds.length === call.emergencyIds.length,
      ),
    withinMs,
  );
}

export function healthOf(desk: string): Promise<ShownHealth> {
  return getJson<ShownHealth>(`${desk}/api/health`);
}

/** Waits until the desk says that Tocsin listens, or that it does not. */
export function listeningIs(desk: string, ok: boolean, withinMs = 40_000): Promise<ShownHealth> {
  return eventually(
    ok ? 'listening' : 'not listening',
    async () => {
      const health = await healthOf(desk);
      return health.listening.ok === ok && health;
    },
    withinMs,
  );
}

/** The lines of `/api/audit`, in the order of the log, sealed values as the desk opens them. */
export async function auditLines(desk: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (let after = ''; ; ) {
    const response = await fetch(
      `${desk}/api/audit?limit=1000${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`,
    );
    if (response.status !== 200) throw new Error(`/api/audit: ${response.status}`);
    const page = (await response.text()).split('\n').filter((line) => line !== '');
    lines.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < 1000) return lines;
    after = (JSON.parse(last) as { position: string }).position;
  }
}

/** Digests of all read models, by name. */
export async function digests(desk: string): Promise<Readonly<Record<string, string>>> {
  const { items } = await getJson<{ items: { name: string }[] }>(`${desk}/api/projections`);
  const found = await Promise.all(
    items.map(async ({ name }) => {
      const { digest } = await getJson<{ digest: string }>(`${desk}/api/projections/${name}/digest`);
      return [name, digest] as const;
    }),
  );
  return Object.fromEntries(found);
}
