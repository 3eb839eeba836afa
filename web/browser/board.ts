import type { AuditRecord, EmergencyView } from '#web/desk-data.ts';
import { createActions } from './actions.ts';
import { createColumns } from './columns.ts';
import { startDesk } from './desk.ts';
import { createDetail } from './detail.ts';
import { byId } from './dom.ts';
import { getJson } from './http.ts';
import { listenToKeys, typing } from './keys.ts';
import { serverNow } from './live.ts';
import { toast } from './toast.ts';

const desk = startDesk();
const { store } = desk;
const actions = createActions(store);
const columns = createColumns();
const phone = matchMedia('(max-width: 719px)');
const wall = document.documentElement.dataset['view'] === 'wall';
const search = byId('search');
const searchText = byId('search-text') as HTMLInputElement;
const detail = createDetail(byId('detail'), {
  actions,
  page: false,
  isAside: desk.isAside,
  onAside: (id) => {
    desk.setAside(id);
    drawDetail();
  },
});

let selected: string | undefined;
/** Chosen by hand: then it stays selected whatever comes. */
let chosen = false;
/** When another call took the place of the one that was shown, though nobody asked for it. */
let jumpedAt = Number.NEGATIVE_INFINITY;
/** Milliseconds for which a press may still be meant for the call that was shown before. */
const jumpMs = 1500;
/** Open calls come one after the other when the page begins: until they are all there the newest is shown. */
const settleMs = 1500;
const firstAt = performance.now();
const stories = new Map<string, { readonly revision: number; readonly story: readonly AuditRecord[] }>();

function drawDetail() {
  if (wall) return;
  const emergency = selected === undefined ? undefined : store.get(selected);
  detail.show(emergency, selected === undefined ? undefined : stories.get(selected)?.story);
  detail.tick(serverNow());
  if (emergency !== undefined) void loadStory(emergency);
}

async function loadStory({ id, revision }: EmergencyView) {
  if ((stories.get(id)?.revision ?? -1) >= revision) return;
  stories.set(id, { revision, story: stories.get(id)?.story ?? [] });
  const answer = await getJson<EmergencyView & { story: readonly AuditRecord[] }>(`/api/emergencies/${id}`);
  if (!answer.ok) {
    stories.delete(id);
    return;
  }
  stories.set(id, { revision: answer.value.revision, story: answer.value.story });
  if (selected === id) drawDetail();
}

/** A call that somebody reads about is never taken away from under their eyes; otherwise the newest that nobody has is shown. */
function chooseSelection() {
  const current = selected === undefined ? undefined : store.get(selected);
  if (current?.state === 'resolved') chosen = false;
  const settled = performance.now() - firstAt > settleMs;
  const calls = current?.state === 'unacknowledged' && !current.test;
  if (current !== undefined && (chosen || typing() || (calls && settled))) return;
  const open = store.all().filter((emergency) => emergency.state !== 'resolved');
  const waiting = open.filter((emergency) => emergency.state === 'unacknowledged');
  const best = waiting.find((emergency) => !emergency.test) ?? waiting[0];
  const before = selected;
  if (best !== undefined) selected = best.id;
  else if (current === undefined) selected = (open.find((emergency) => !emergency.test) ?? open[0])?.id;
  if (current !== undefined && selected !== before) jumpedAt = performance.now();
}

/** Whoever presses right after the call under the finger was replaced means the one that was there: nobody has read the new one yet. */
function isMeantForAnother(): boolean {
  if (performance.now() - jumpedAt > jumpMs) return false;
  toast('Another call is shown now. Read it, then press again.', 'problem');
  return true;
}

/** Local midnight by Tocsin's clock. */
function midnight(): number {
  return new Date(serverNow()).setHours(0, 0, 0, 0);
}
let drawnDay = 0;

function draw() {
  chooseSelection();
  drawnDay = midnight();
  // A page stays open for days: what was resolved on another one is no part of today.
  const shown = store.all().filter(({ resolved }) => resolved === undefined || Date.parse(resolved.at) >= drawnDay);
  columns.draw(shown, search.hidden ? '' : searchText.value.trim(), selected);
  columns.tick(serverNow());
  drawDetail();
}

function select(id: string | undefined) {
  if (id === undefined) return;
  selected = id;
  chosen = true;
  jumpedAt = Number.NEGATIVE_INFINITY;
  draw();
  columns.element(id)?.scrollIntoView({ block: 'nearest' });
}

function move(by: 1 | -1) {
  const order = columns.order();
  const at = selected === undefined ? -1 : order.indexOf(selected);
  select(order[Math.min(order.length - 1, Math.max(0, at + by))]);
}

/** On a phone the detail is a page of its own; the sound stays armed because the document stays the same. */
function openDetail(id: string) {
  select(id);
  if (document.body.dataset['open'] === undefined) history.pushState({ id }, '', `/emergencies/${id}`);
  document.body.dataset['open'] = 'detail';
  scrollTo(0, 0);
}
addEventListener('popstate', ({ state }) => {
  const id = (state as { id?: string } | null)?.id;
  if (id === undefined) delete document.body.dataset['open'];
  else {
    document.body.dataset['open'] = 'detail';
    select(id);
  }
});

byId('list').addEventListener('click', (event) => {
  const card = (event.target as Element).closest<HTMLElement>('.card');
  const id = card?.dataset['id'];
  if (id === undefined || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (wall) return;
  // Enter on a card that is selected already opens its page; a click there changes nothing.
  if (phone.matches) openDetail(id);
  else if (event.detail === 0 && id === selected) location.assign(`/emergencies/${id}`);
  else select(id);
});

function closeSearch() {
  search.hidden = true;
  searchText.value = '';
  draw();
}
searchText.addEventListener('input', draw);
searchText.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') closeSearch();
  if (event.key === 'Enter') {
    select(columns.first());
    searchText.blur();
    // This Enter chooses; once the field has lost the focus the keys would take it for one that opens.
    event.stopPropagation();
  }
});

/** Who acts on a call goes on reading about it. */
const onSelected = (act: (id: string) => void) => () => {
  chosen = true;
  if (selected !== undefined) act(selected);
};
byId('detail').addEventListener(
  'click',
  (event) => {
    if ((event.target as Element).closest('[data-act]') !== null && isMeantForAnother()) event.stopPropagation();
    else chosen = true;
  },
  { capture: true },
);
const onRead = (act: (id: string) => void) => () => {
  if (!isMeantForAnother()) onSelected(act)();
};
if (!wall)
  listenToKeys({
    a: onRead((id) => void actions.acknowledge(id)),
    r: onRead((id) => void actions.resolve(id)),
    c: onSelected((id) => void actions.copy(id)),
    m: desk.toggleMute,
    next: () => move(1),
    previous: () => move(-1),
    open: onSelected((id) => (phone.matches ? openDetail(id) : location.assign(`/emergencies/${id}`))),
    search: () => {
      search.hidden = false;
      searchText.focus();
    },
  });

store.onChange(draw);
desk.onErasure(() => {
  stories.clear();
  drawDetail();
});
desk.onSecond((now) => {
  if (midnight() !== drawnDay) draw();
  columns.tick(now);
  detail.tick(now);
});
draw();

/** What was resolved today, for the last column. */
async function loadToday() {
  const query = `state=resolved&limit=200&since=${encodeURIComponent(new Date(midnight()).toISOString())}`;
  const answer = await getJson<{ items: readonly EmergencyView[] }>(`/api/emergencies?${query}`);
  if (answer.ok) for (const emergency of answer.value.items) store.put(emergency);
}
if (!wall) void loadToday();
