import type { EmergencyView } from '#web/desk-data.ts';
import { askName, askResolution, knownName } from './dialogs.ts';
import { clock, dispatchText } from './format.ts';
import { postJson } from './http.ts';
import { may } from './session.ts';
import type { Store } from './store.ts';
import { toast } from './toast.ts';
import { notDoneSentence } from './words.ts';

/** Milliseconds after which an act that has no answer may be waiting for a connection: this page's own stream then makes room for it. */
const makeRoomMs = 3000;

/** A key is pressed sooner than a role is read. */
function mayAct(): boolean {
  if (may('calls.act')) return true;
  toast('Your role does not act on calls: that takes the role Responder.', 'problem');
  return false;
}

/** What a person can do with a call. */
export interface Actions {
  acknowledge(id: string): Promise<void>;
  resolve(id: string): Promise<void>;
  copy(id: string): Promise<void>;
}

export function createActions(store: Store): Actions {
  const busy = new Set<string>();

  async function name() {
    const known = knownName();
    if (known !== undefined) return known;
    const given = await askName();
    dispatchEvent(new Event('tocsin-name'));
    return given;
  }
  async function send(id: string, act: 'acknowledge' | 'resolve', body: object, done: string) {
    if (busy.has(id)) return;
    busy.add(id);
    document.documentElement.dataset['busy'] = act;
    const waits = setTimeout(() => dispatchEvent(new Event('tocsin-act-waits')), makeRoomMs);
    const answer = await postJson<EmergencyView>(`/api/emergencies/${id}/${act}`, body);
    clearTimeout(waits);
    busy.delete(id);
    delete document.documentElement.dataset['busy'];
    if (answer.ok) {
      store.put(answer.value);
      toast(done);
      return;
    }
    const theirs = (answer.body as { emergency?: EmergencyView } | undefined)?.emergency;
    if (theirs !== undefined) store.put(theirs);
    const owner = theirs?.resolved ?? theirs?.acknowledged;
    if (answer.code === 'already-acknowledged' && owner !== undefined)
      toast(`${owner.by} was first: has it since ${clock(owner.at)}.`);
    else if (answer.code === 'already-resolved' && owner !== undefined)
      toast(`${owner.by} resolved it at ${clock(owner.at)}.`);
    else if (answer.code === 'emergency-not-found') {
      // Its log was restored from a backup that is older: only now that a person saw so may the call go.
      store.forget(id);
      toast(
        'Tocsin has no record of this call any more. It is taken off this page; act on it by other means.',
        'problem',
      );
    } else toast(notDoneSentence(act, answer), 'problem');
  }

  return {
    async acknowledge(id) {
      const { state, acknowledged } = store.get(id) ?? {};
      // Nobody may take a press for the act because nothing is said: another call may be ringing.
      if (state === 'acknowledged' && acknowledged !== undefined)
        toast(`${acknowledged.by} has the call that is shown since ${clock(acknowledged.at)}.`);
      if (state !== 'unacknowledged' || !mayAct()) return;
      const by = await name();
      if (by !== undefined) await send(id, 'acknowledge', { by }, 'You have this call.');
    },
    async resolve(id) {
      const emergency = store.get(id);
      if (emergency === undefined || emergency.state === 'resolved' || !mayAct()) return;
      const by = await name();
      if (by === undefined) return;
      const resolution = await askResolution(dispatchText(emergency));
      if (resolution !== undefined) await send(id, 'resolve', { by, ...resolution }, 'Resolved.');
    },
    async copy(id) {
      const emergency = store.get(id);
      if (emergency === undefined) return;
      const text = dispatchText(emergency);
      try {
        await navigator.clipboard.writeText(text);
        toast(`Copied: ${text}`);
      } catch {
        toast(text);
      }
    },
  };
}
