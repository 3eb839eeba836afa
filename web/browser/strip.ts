import type { HealthReport } from '#web/health-report.ts';
import { askName, knownName, showSignedIn } from './dialogs.ts';
import { byId, el, setText } from './dom.ts';
import { clock, fullTime, shortAge, when } from './format.ts';
import { serverNow } from './live.ts';
import { signedIn } from './session.ts';

/** What the strip says about Tocsin itself. */
export interface Strip {
  setHealth(health: HealthReport): void;
  setLive(live: boolean, silentMs: number): void;
  /** Calls that nobody has, for pages that do not show them. */
  setUnowned(count: number): void;
  /** True when calls may be missed: Tocsin does not listen, or this page does not hear from it. */
  readonly blind: boolean;
  /** Redraws what counts; once a second. */
  tick(): void;
}

/** Milliseconds after which a page that is told nothing of Tocsin's health takes that for bad news. */
const untoldMs = 15_000;

export function createStrip(): Strip {
  const root = document.documentElement;
  const light = byId('listening');
  const word = light.querySelector('.word') ?? light;
  const proofs = light.querySelector('.proofs') ?? light;
  // Beside the word and not in it: a screen reader is told when the word changes, and this is no part of that.
  const since = el('span', { class: 'since' });
  // For narrow screens, where the list of feeds has no room.
  const proved = el('span', { class: 'proved' });
  word.after(proved, since);
  const person = byId('person');
  const unowned = el('a', { class: 'unowned', attributes: { href: '/', hidden: '' } });
  if (root.dataset['page'] !== 'board') byId('sound').before(unowned);
  let health: HealthReport | undefined;
  let live: 'starting' | 'yes' | 'no' = 'starting';
  let liveAt: number | undefined;

  function showPerson() {
    const name = knownName();
    person.hidden = name === undefined;
    person.title = signedIn() === undefined ? 'Press to change who acts at this desk' : 'Who is signed in; sign out';
    setText(person, name ?? '');
  }
  person.addEventListener('click', () => {
    const own = signedIn();
    void (own === undefined ? askName().then(showPerson) : showSignedIn(own));
  });
  addEventListener('tocsin-name', showPerson);
  showPerson();

  function showListening() {
    const state = live === 'no' ? 'notlive' : health === undefined ? 'starting' : health.listening.ok ? 'ok' : 'blind';
    light.dataset['state'] = state;
    setText(word, { notlive: 'Page not live', starting: 'Starting', ok: 'Listening', blind: 'Not listening' }[state]);
    const now = serverNow();
    const age = (at: string | undefined) =>
      at === undefined ? 'never proved' : `${shortAge(now - Date.parse(at))} ago`;
    const listening = health?.listening;
    setText(since, listening === undefined || state !== 'ok' ? '' : `since ${when(listening.since, now)}`);
    setText(proved, listening === undefined || state !== 'ok' ? '' : age(listening.lastProofAt));
    setText(
      proofs,
      listening === undefined || state !== 'ok'
        ? ''
        : listening.feeds.map(({ feed, lastProofAt }) => `${feed} ${age(lastProofAt)}`).join(' · '),
    );
    light.title =
      listening === undefined
        ? ''
        : `${listening.ok ? 'Listening' : 'Not listening'} since ${when(listening.since, now)}, last proved ${age(listening.lastProofAt)}`;
    const banner = byId('blind');
    const show = listening !== undefined && !listening.ok;
    banner.hidden = !show;
    root.toggleAttribute('data-blind', show);
    if (listening === undefined || !show) return;
    const text = `Not listening since ${when(listening.since, now)} — calls may be missed.${listening.word === undefined ? '' : ` ${listening.word}`}`;
    if (banner.dataset['text'] === text) return;
    banner.dataset['text'] = text;
    banner.replaceChildren(
      el('strong', { text }),
      ' ',
      el('a', { text: 'What to do', attributes: { href: '/admin' } }),
    );
  }

  return {
    setHealth(report) {
      health = report;
      showListening();
    },
    setLive(isLive, silentMs) {
      if (isLive) liveAt ??= performance.now();
      live = isLive ? 'yes' : 'no';
      root.dataset['live'] = live;
      const banner = byId('notlive');
      banner.hidden = isLive;
      if (!isLive)
        setText(
          banner,
          `This page has not heard from Tocsin for ${shortAge(silentMs)}. What it shows may be old. It keeps trying.`,
        );
      if (!isLive) showListening();
    },
    setUnowned(count) {
      unowned.hidden = count === 0;
      setText(unowned, count === 1 ? '1 call that nobody has' : `${count} calls that nobody has`);
    },
    get blind() {
      return live === 'no' || health?.listening.ok === false;
    },
    tick() {
      const now = serverNow();
      const time = byId('clock');
      setText(time, clock(now));
      time.title = fullTime(new Date(now).toISOString());
      if (health === undefined && liveAt !== undefined && performance.now() - liveAt > untoldMs) health = untold(now);
      showListening();
    },
  };
}

function untold(now: number): HealthReport {
  const word = 'Tocsin does not say whether the hub is read';
  return { rows: [], listening: { ok: false, since: new Date(now).toISOString(), feeds: [], word } };
}
