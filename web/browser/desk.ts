import type { EmergencyView } from '#web/desk-data.ts';
import type { HealthReport } from '#web/health-report.ts';
import { keepAwake } from './awake.ts';
import { dispatchText } from './format.ts';
import { getJson } from './http.ts';
import { followLive, serverNow } from './live.ts';
import { tellWhenPutAway } from './put-away.ts';
import { keepSession } from './session.ts';
import type { Alarm } from './sound.ts';
import { createSound } from './sound.ts';
import { createSoundControl } from './sound-control.ts';
import type { Store } from './store.ts';
import { createStore, isLocked } from './store.ts';
import { createStrip } from './strip.ts';
import { createSystemNotification } from './system-notification.ts';
import { oneOfAllTabs } from './tabs.ts';
import { announce } from './toast.ts';

/** What every page has: the live store, the strip, the alarm. */
export interface Desk {
  readonly store: Store;
  /** "Not for me": silences one call at this desk alone. */
  setAside(id: string): void;
  isAside(id: string): boolean;
  onHealth(listener: (health: HealthReport) => void): void;
  /** Somebody was erased: what the page keeps besides the store may still name them. */
  onErasure(listener: () => void): void;
  /** Once a second. */
  onSecond(listener: (now: number) => void): void;
  toggleMute(): void;
}

/** Milliseconds after which the alarm gets louder. */
const louderAfter = 60_000;

export function startDesk(): Desk {
  const store = createStore();
  const strip = createStrip();
  const sound = createSound();
  const notification = createSystemNotification(() => control.wasArmed || sound.state !== 'off');
  const control = createSoundControl(sound, () => notification.ask());
  const aside = new Set<string>();
  const said = new Set<string>();
  const healthListeners: ((health: HealthReport) => void)[] = [];
  const erasureListeners: (() => void)[] = [];
  const secondListeners: ((now: number) => void)[] = [];
  const title = document.title;
  // What can be heard never rests; of all others one goes on saying in its title that a call waits.
  const rests = ['audit', 'admin', 'error'].includes(document.documentElement.dataset['page'] ?? '');
  const staysAwake = rests ? () => false : oneOfAllTabs('tocsin.awake');

  const unowned = () => store.all().filter((emergency) => emergency.state === 'unacknowledged');

  function alarm() {
    const waiting = unowned();
    const real = waiting.filter((emergency) => !emergency.test);
    const calling = real.filter((emergency) => !aside.has(emergency.id));
    const now = serverNow();
    const loud = calling.some((emergency) => now - Date.parse(emergency.raisedAt) > louderAfter);
    const wanted: Alarm =
      calling.length > 0
        ? 'real'
        : strip.blind
          ? 'blind'
          : waiting.some((emergency) => !aside.has(emergency.id))
            ? 'test'
            : 'none';
    sound.want(wanted, loud);
    notification.want(
      wanted,
      calling.map(({ id }) => id),
    );
    document.title = real.length > 0 ? `(${real.length}) UNACKNOWLEDGED · ${title}` : title;
    document.getElementById('icon')?.setAttribute('href', `/assets/${real.length > 0 ? 'icon-call' : 'icon'}.svg`);
    strip.setUnowned(
      real.filter((emergency) => emergency.id !== document.getElementById('detail')?.dataset['id']).length,
    );
  }
  function say(emergency: EmergencyView) {
    if (emergency.state !== 'unacknowledged' || said.has(emergency.id)) return;
    said.add(emergency.id);
    announce(dispatchText(emergency));
    if (emergency.test) sound.testTone();
  }
  /** Nothing is pushed about the calls of somebody who was erased: nothing changed in their records. */
  async function forgetErased() {
    for (const listener of erasureListeners) listener();
    for (const { id } of store.all()) await lookAgain(store, id);
  }
  store.onChange(alarm);
  let beatAt = performance.now();
  let keyStoreOpen = false;
  let erasures: number | undefined;
  keepUnlocking(store, () => keyStoreOpen);

  followLive({
    onEmergency(emergency) {
      if (store.put(emergency)) say(emergency);
    },
    onHealth(health) {
      keyStoreOpen = health.rows.some(({ kind, state }) => kind === 'key-store' && state === 'ok');
      strip.setHealth(health);
      for (const listener of healthListeners) listener(health);
      const before = erasures;
      erasures = health.erasures ?? erasures;
      if (before !== undefined && before !== erasures) void forgetErased();
    },
    onBeat(live, silentMs) {
      if (live) beatAt = performance.now();
      strip.setLive(live, silentMs);
      alarm();
      // Of a hidden page browsers run the timers once a minute at most, and messages at once.
      control.tick();
    },
    onReturn: () => void reconcile(store),
    mayRest: () => sound.state === 'off' && !staysAwake(),
  });
  // A hidden page that rests is nobody's use of a session.
  keepSession(() => performance.now() - beatAt < 15_000);
  tellWhenPutAway(() => control.wasArmed || document.documentElement.dataset['view'] === 'wall');
  const stayAwake = keepAwake(() => sound.state !== 'off' || document.documentElement.dataset['view'] === 'wall');
  const second = () => {
    strip.tick();
    control.tick();
    stayAwake();
    for (const listener of secondListeners) listener(serverNow());
  };
  setInterval(second, 1000);
  second();

  return {
    store,
    setAside(id) {
      aside.add(id);
      alarm();
    },
    isAside: (id) => aside.has(id),
    onHealth: (listener) => {
      healthListeners.push(listener);
    },
    onErasure: (listener) => {
      erasureListeners.push(listener);
    },
    onSecond: (listener) => {
      secondListeners.push(listener);
    },
    toggleMute: () => control.toggleMute(),
  };
}

/**
 * After a lost connection: what is open now, and what became of what was open here. Nothing is taken away because a list does not have it: the list may be older
 * than a call that came meanwhile, or of a desk that still reads the record.
 */
async function reconcile(store: Store): Promise<void> {
  const missing = new Set(store.all().flatMap(({ id, state }) => (state === 'resolved' ? [] : [id])));
  for (const state of ['unacknowledged', 'acknowledged']) {
    const answer = await getJson<{ items: readonly EmergencyView[] }>(`/api/emergencies?state=${state}&limit=1000`);
    if (!answer.ok) continue;
    for (const emergency of answer.value.items) {
      missing.delete(emergency.id);
      store.put(emergency);
    }
  }
  for (const id of missing) await lookAgain(store, id);
}

async function lookAgain(store: Store, id: string): Promise<void> {
  const answer = await getJson<EmergencyView & { readonly story: unknown }>(`/api/emergencies/${id}`);
  if (!answer.ok) return;
  const { story: _, ...emergency } = answer.value;
  store.put(emergency);
}

/** Milliseconds between looks at open calls that cannot be read whole. */
const unlockMs = 5_000;

/** Looks again at open calls with something locked in them: once the key store is back nothing else would say so, as nothing changed in the record. */
function keepUnlocking(store: Store, isKeyStoreOpen: () => boolean): void {
  let looking = false;
  const look = async () => {
    if (looking || !isKeyStoreOpen()) return;
    looking = true;
    for (const emergency of store.all())
      if (emergency.state !== 'resolved' && isLocked(emergency)) await lookAgain(store, emergency.id);
    looking = false;
  };
  setInterval(() => void look(), unlockMs);
}
