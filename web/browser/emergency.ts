import type { AuditRecord, EmergencyView } from '#web/desk-data.ts';
import { createActions } from './actions.ts';
import { startDesk } from './desk.ts';
import { createDetail } from './detail.ts';
import { byId } from './dom.ts';
import { getJson } from './http.ts';
import { listenToKeys } from './keys.ts';
import { serverNow } from './live.ts';
import { toast } from './toast.ts';

const desk = startDesk();
const { store } = desk;
const actions = createActions(store);
const id = (location.pathname.split('/').pop() ?? '').toLowerCase();
const detail = createDetail(byId('detail'), { actions, page: true, isAside: desk.isAside });
let story: readonly AuditRecord[] | undefined;
let loading = false;
let failed = false;
let again: ReturnType<typeof setTimeout> | undefined;
/** Milliseconds after which a call that could not be read is asked for again. */
const againMs = 5000;
/** Revision that the story reaches; -1 until it was read. */
let storyAt = -1;

function draw() {
  const emergency = store.get(id);
  detail.show(emergency, story);
  detail.tick(serverNow());
  if (emergency !== undefined && emergency.revision > storyAt) void load();
}

async function load() {
  if (loading) return;
  loading = true;
  const answer = await getJson<EmergencyView & { story: readonly AuditRecord[] }>(`/api/emergencies/${id}`);
  loading = false;
  if (!answer.ok) {
    if (!failed) toast(answer.word, 'problem');
    failed = true;
    detail.show(store.get(id), story);
    clearTimeout(again);
    again = setTimeout(() => void load(), againMs);
    return;
  }
  failed = false;
  const { story: events, ...emergency } = answer.value;
  story = events;
  storyAt = emergency.revision;
  store.put(emergency);
  draw();
}

listenToKeys({
  a: () => void actions.acknowledge(id),
  r: () => void actions.resolve(id),
  c: () => void actions.copy(id),
  m: desk.toggleMute,
});
store.onChange(draw);
desk.onErasure(() => {
  storyAt = -1;
  void load();
});
desk.onSecond((now) => detail.tick(now));
void load();
