import type { AuditRecord } from '#web/desk-data.ts';
import { byId, el, setText } from './dom.ts';
import { clockBeside, fullTime } from './format.ts';
import { posting } from './http.ts';
import { serverNow } from './live.ts';

/** Height of one row in pixels, the same in the style sheet. */
const rowHeight = 30;
/** Records that one request asks for. */
const pageSize = 200;
/** Milliseconds after which what could not be read is asked for again. */
const againMs = 5000;
/** Rows drawn beyond what is seen, above and below. */
const margin = 12;

/** Rows of stored events, newest first; only those in sight are in the document, however many there are. */
export interface AuditRows {
  /** Begins again with these filters; `caller` is not empty where only what is about somebody is asked for. */
  restart(query: string, caller: string): void;
  select(id: string | undefined): void;
  /** Moves the selection; the id that is selected then. */
  move(by: 1 | -1): string | undefined;
}

export function createAuditRows(onSelect: (id: string) => void): AuditRows {
  const scroller = byId('rows');
  const list = byId('row-list');
  const hint = byId('rows-hint');
  let records: AuditRecord[] = [];
  let query = '';
  let caller = '';
  let complete = false;
  let loading = false;
  /** It could not be read: asked again at once it would be asked without end. */
  let failed = false;
  let generation = 0;
  let selected: string | undefined;

  async function load() {
    if (loading || complete || failed) return;
    loading = true;
    const mine = generation;
    const last = records.at(-1)?.position;
    const after = last === undefined ? '' : `&after=${encodeURIComponent(last)}`;
    try {
      const asked = `order=newest&limit=${pageSize}${after}${query}`;
      const response = await (caller === ''
        ? fetch(`/api/audit?${asked}`)
        : fetch(`/api/audit/caller?${asked}`, posting({ caller })));
      if (mine !== generation) return;
      if (response.status === 400) {
        failed = true;
        return setText(hint, 'Nothing can be read with these filters.');
      }
      if (!response.ok) throw new Error(String(response.status));
      const lines = (await response.text()).split('\n').filter((line) => line !== '');
      if (mine !== generation) return;
      records.push(...lines.map((line) => JSON.parse(line) as AuditRecord));
      complete = lines.length < pageSize;
      setText(hint, records.length === 0 ? 'Nothing was found.' : complete ? 'This is the first record.' : '');
    } catch {
      if (mine !== generation) return;
      failed = true;
      setText(hint, 'The record cannot be read now. It is tried again.');
      setTimeout(() => {
        if (mine !== generation) return;
        failed = false;
        draw();
      }, againMs);
    } finally {
      if (mine === generation) {
        loading = false;
        draw();
      }
    }
  }
  function draw() {
    const first = Math.max(0, Math.floor(scroller.scrollTop / rowHeight) - margin);
    const count = Math.ceil(scroller.clientHeight / rowHeight) + 2 * margin;
    list.style.height = `${records.length * rowHeight}px`;
    list.replaceChildren(...records.slice(first, first + count).map((record, index) => row(record, first + index)));
    if (first + count >= records.length) void load();
  }
  function row(record: AuditRecord, index: number) {
    const element = el(
      'li',
      { attributes: { 'data-id': record.id, 'aria-current': String(record.id === selected) } },
      el('time', { text: clockBeside(record.recordedAt, serverNow()), title: fullTime(record.recordedAt) }),
      el('span', { class: 'type', text: record.type }),
      el('span', { class: 'stream', text: record.stream }),
      el('span', { class: 'revision', text: String(record.revision) }),
    );
    element.style.top = `${index * rowHeight}px`;
    return element;
  }
  scroller.addEventListener('scroll', () => requestAnimationFrame(draw), { passive: true });
  new ResizeObserver(draw).observe(scroller);
  list.addEventListener('click', (event) => {
    const id = (event.target as Element).closest<HTMLElement>('li')?.dataset['id'];
    if (id !== undefined) onSelect(id);
  });

  return {
    restart(filters, of) {
      generation += 1;
      records = [];
      query = filters;
      caller = of;
      complete = false;
      loading = false;
      failed = false;
      scroller.scrollTop = 0;
      setText(hint, 'Reading…');
      draw();
    },
    select(id) {
      selected = id;
      for (const element of list.children)
        element.setAttribute('aria-current', String((element as HTMLElement).dataset['id'] === id));
    },
    move(by) {
      const at = records.findIndex((record) => record.id === selected);
      const next = Math.min(records.length - 1, Math.max(0, at + by));
      const top = next * rowHeight;
      if (top < scroller.scrollTop) scroller.scrollTop = top;
      if (top + rowHeight > scroller.scrollTop + scroller.clientHeight)
        scroller.scrollTop = top + rowHeight - scroller.clientHeight;
      return records[next]?.id;
    },
  };
}
