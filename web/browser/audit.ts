import type { AuditCounts, AuditDetail } from '#web/desk-data.ts';
import { recordView } from './audit-record.ts';
import { createAuditRows } from './audit-rows.ts';
import { startDesk } from './desk.ts';
import { byId, el, setText } from './dom.ts';
import { getJson, postJson } from './http.ts';
import { listenToKeys } from './keys.ts';

const desk = startDesk();
const form = byId('filters') as HTMLFormElement;
const record = byId('record');
/** Absent for those who may not search for a person. */
const callerField = form.querySelector<HTMLInputElement>('#caller');
const chosen: { type?: string; stream?: string } = {};
const given = new URLSearchParams(location.search);
/** How often the filters were applied, and the record that was asked for last: answers may come in another order than the questions. */
let applied = 0;
let wanted: string | undefined;
const rows = createAuditRows((id) => void show(id, true));

/** The filters as the API takes them, beginning with `&`. */
function filters(): string {
  const query = new URLSearchParams();
  const data = new FormData(form);
  for (const name of ['since', 'until']) {
    const value = String(data.get(name) ?? '');
    // A year of five digits is no date to a program, though a browser lets somebody type it: the answer says so.
    if (value !== '') query.set(name, Number.isNaN(Date.parse(value)) ? value : new Date(value).toISOString());
  }
  for (const name of ['emergency', 'feed']) {
    const value = String(data.get(name) ?? '').trim();
    if (value !== '') query.set(name, value);
  }
  if (chosen.type !== undefined) query.set('type', chosen.type);
  if (chosen.stream !== undefined) query.set('stream', chosen.stream);
  const text = query.toString();
  return text === '' ? '' : `&${text}`;
}

function facet(of: 'type' | 'stream', list: HTMLElement, counts: readonly { name: string; count: number }[]) {
  list.replaceChildren(
    ...counts.slice(0, 30).map(({ name, count }) => {
      const press = () => {
        if (chosen[of] === name) delete chosen[of];
        else chosen[of] = name;
        void apply();
      };
      const word = name.replace('Microsoft.Graph.', '');
      const button = el(
        'button',
        { title: name, attributes: { type: 'button', 'aria-pressed': String(chosen[of] === name) }, onClick: press },
        el('span', { text: word }),
        el('span', { class: 'count', text: count.toLocaleString() }),
      );
      return el('li', {}, button);
    }),
  );
}

async function apply() {
  const query = filters();
  const caller = callerField?.value.trim() ?? '';
  rows.restart(query, caller);
  applied += 1;
  const mine = applied;
  const answer = await (caller === ''
    ? getJson<AuditCounts>(`/api/audit/counts?${query.slice(1)}`)
    : postJson<AuditCounts>(`/api/audit/caller/counts?${query.slice(1)}`, { caller }));
  // An answer to filters of before says nothing of the rows that are there now.
  if (mine !== applied) return;
  if (!answer.ok) return setText(byId('total'), answer.word);
  setText(byId('total'), `${answer.value.total.toLocaleString()} ${answer.value.total === 1 ? 'record' : 'records'}`);
  facet('type', byId('types'), answer.value.byType);
  facet('stream', byId('streams'), answer.value.byStream);
}

async function show(id: string, remember: boolean) {
  rows.select(id);
  wanted = id;
  if (remember) history.pushState({}, '', `/audit?record=${encodeURIComponent(id)}`);
  const answer = await getJson<AuditDetail>(`/api/audit/${encodeURIComponent(id)}`);
  if (wanted !== id) return;
  record.replaceChildren(...(answer.ok ? recordView(answer.value) : [el('p', { class: 'hint', text: answer.word })]));
  record.scrollTop = 0;
  if (answer.ok) rows.select(answer.value.record.id);
}

record.addEventListener('click', (event) => {
  const id = (event.target as Element).closest<HTMLElement>('a[data-record]')?.dataset['record'];
  if (id === undefined || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  void show(id, true);
});
addEventListener('popstate', () => {
  const id = new URLSearchParams(location.search).get('record');
  if (id !== null) void show(id, false);
});
desk.onErasure(() => {
  void apply();
  if (wanted !== undefined) void show(wanted, false);
});
form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('change', () => void apply());
form.addEventListener('reset', () => {
  delete chosen.type;
  delete chosen.stream;
  setTimeout(() => void apply());
});
const step = (by: 1 | -1) => () => {
  const id = rows.move(by);
  if (id !== undefined) void show(id, true);
};
listenToKeys({ next: step(1), previous: step(-1), m: desk.toggleMute });

const emergency = given.get('emergency');
const emergencyField = form.querySelector<HTMLInputElement>('input[name=emergency]');
if (emergency !== null && emergencyField !== null) emergencyField.value = emergency;
void apply();
const first = given.get('record');
if (first !== null) void show(first, false);
