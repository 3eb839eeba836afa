import type { AuditRecord, EmergencyView } from '#web/desk-data.ts';
import type { Actions } from './actions.ts';
import { startOf } from './cards.ts';
import { button, el, setChildren, setText, standing } from './dom.ts';
import { ageText, clock, clockBeside, day, fullTime, phone, placeLines } from './format.ts';
import { may } from './session.ts';
import { storyList } from './story.ts';
import { dispositionWord, reasonsSentence, stateWord } from './words.ts';

export interface DetailContext {
  readonly actions: Actions;
  /** Absent on a page that is nobody's own desk. */
  readonly onAside?: (id: string) => void;
  readonly isAside: (id: string) => boolean;
  /** Absent on the page that is the whole of it. */
  readonly page: boolean;
}

/** Draws one call in full; the same element is filled again when it changes, and the focus stays where it was. */
export interface Detail {
  show(emergency: EmergencyView | undefined, story: readonly AuditRecord[] | undefined): void;
  tick(now: number): void;
}

export function createDetail(root: HTMLElement, context: DetailContext): Detail {
  let age: HTMLElement | undefined;
  let shown: EmergencyView | undefined;

  function tick(now: number) {
    if (age !== undefined && shown !== undefined && shown.state !== 'resolved')
      setText(age, ageText(now - startOf(shown)));
  }
  return {
    tick,
    show(emergency, story) {
      const before = shown;
      shown = emergency;
      if (emergency === undefined) {
        root.removeAttribute('data-state');
        age = undefined;
        root.replaceChildren(
          el('p', {
            class: 'nothing',
            text: context.page ? 'This call is being read.' : 'No call is selected. A new one appears here by itself.',
          }),
        );
        return;
      }
      root.dataset['state'] = emergency.state;
      root.dataset['test'] = String(emergency.test);
      root.dataset['verified'] = String(emergency.verified);
      root.dataset['id'] = emergency.id;
      const made = el('span', {
        class: 'age',
        text: emergency.resolved === undefined ? '' : clock(emergency.raisedAt),
      });
      const same = before?.id === emergency.id;
      if (same && emergency.resolved === undefined) setText(made, age?.textContent ?? '');
      const parts = [
        heading(emergency, made),
        where(emergency),
        facts(emergency),
        actionsOf(emergency, context),
        storyList(emergency, story, context.page),
      ];
      const focused = root.contains(document.activeElement) ? document.activeElement : null;
      setChildren(root, same ? parts.map((part) => standing(root, part)) : parts);
      age = root.querySelector<HTMLElement>('.age') ?? made;
      if (focused !== null && !focused.isConnected) twin(root, focused)?.focus();
    },
  };
}

/** What took the place of an element that was replaced. */
function twin(root: HTMLElement, of: Element): HTMLElement | undefined {
  const name = (element: Element) => element.getAttribute('data-act') ?? element.getAttribute('href');
  const wanted = name(of);
  if (wanted === null) return undefined;
  return [...root.querySelectorAll<HTMLElement>('[data-act], [href]')].find((element) => name(element) === wanted);
}

function heading(emergency: EmergencyView, age: HTMLElement) {
  const kind = emergency.test ? 'Test call' : emergency.verified ? 'Emergency call' : 'May be an emergency';
  const { acknowledged, resolved } = emergency;
  const owner =
    resolved === undefined
      ? acknowledged === undefined
        ? undefined
        : `${acknowledged.by} has it since ${clockBeside(acknowledged.at, startOf(emergency))}`
      : `${resolved.by} resolved it at ${clockBeside(resolved.at, startOf(emergency))}: ${dispositionWord(resolved.disposition)}${resolved.note === undefined ? '' : ` — ${resolved.note}`}`;
  return el(
    'header',
    { class: 'heading' },
    el(
      'p',
      { class: 'kind' },
      el('strong', { text: kind }),
      ' ',
      emergency.dialledNumber === undefined
        ? undefined
        : el('span', { class: 'number', text: emergency.dialledNumber }),
    ),
    age,
    el('p', { class: 'state', text: stateWord(emergency) }),
    owner === undefined ? undefined : el('p', { class: 'owner', text: owner }),
    emergency.verified ? undefined : el('p', { class: 'because', text: reasonsSentence(emergency.reasons) }),
  );
}

function where(emergency: EmergencyView) {
  const lines = placeLines(emergency.location);
  if (!lines.known)
    return el(
      'section',
      { class: 'where missing', attributes: { 'aria-label': 'Location' } },
      el('h1', { text: 'No location was sent' }),
      el('p', {
        text:
          emergency.policy === undefined
            ? 'Ask the caller where they are.'
            : `Ask the caller where they are. Their emergency policy is “${emergency.policy}”.`,
      }),
    );
  const all = [lines.street, lines.inside, lines.town].filter((line) => line !== '');
  return el(
    'section',
    { class: 'where', attributes: { 'aria-label': 'Location sent with the call' } },
    el('h1', { text: all[0] ?? lines.degrees }),
    ...all.slice(1).map((line) => el('p', { class: line === lines.inside ? 'inside' : 'town', text: line })),
  );
}

function facts(emergency: EmergencyView) {
  const { caller, location } = emergency;
  const back = caller?.callbackNumber;
  const degrees = placeLines(location).degrees;
  const fact = (word: string, content: Node | string, kind = '') =>
    el('div', { class: kind }, el('dt', { text: word }), el('dd', {}, content));
  return el(
    'dl',
    { class: 'facts' },
    fact('Who', caller?.name ?? caller?.upn ?? 'Caller not known', 'big'),
    fact(
      'Call back',
      back === undefined
        ? 'No number was sent'
        : el('a', { text: phone(back), attributes: { href: `tel:${back.replaceAll(/[^\d+]/g, '')}` } }),
      back === undefined ? 'big missing' : 'big',
    ),
    fact('Number dialled', emergency.dialledNumber ?? 'not known', 'big'),
    degrees === '' ? undefined : fact('Coordinates', degrees),
    emergency.policy === undefined ? undefined : fact('Policy', emergency.policy),
    fact(
      'Reported by',
      emergency.feeds.map((feed) => (feed === 'chat' ? 'group chat' : 'emergency events')).join(' and ') || 'not known',
    ),
    fact('Time of the call', timeNode(emergency.occurredAt ?? emergency.receivedAt)),
    emergency.text === undefined ? undefined : fact('Message', emergency.text, 'message'),
  );
}

function timeNode(time: string) {
  const zone = new Date(time).toLocaleTimeString(undefined, { timeZoneName: 'short' }).split(' ').at(-1) ?? '';
  return el('time', {
    text: `${day(time)} ${clock(time)} ${zone}`,
    title: fullTime(time),
    attributes: { datetime: time },
  });
}

function actionsOf(emergency: EmergencyView, { actions, onAside, isAside }: DetailContext) {
  const { id, state } = emergency;
  const act = (name: string, word: string, run: () => void, options: { class?: string; key?: string } = {}) => {
    const made = button(word, run, options);
    made.dataset['act'] = name;
    return made;
  };
  return el(
    'div',
    { class: 'actions' },
    state === 'unacknowledged' && may('calls.act')
      ? act('acknowledge', 'Acknowledge', () => void actions.acknowledge(id), { class: 'primary', key: 'A' })
      : undefined,
    state === 'resolved' || !may('calls.act')
      ? undefined
      : act('resolve', 'Resolve', () => void actions.resolve(id), {
          key: 'R',
          class: state === 'acknowledged' ? 'primary' : 'quiet',
        }),
    state === 'unacknowledged' && onAside !== undefined && !isAside(id)
      ? act('aside', 'Not for me', () => onAside(id), { class: 'quiet' })
      : undefined,
    act('copy', 'Copy dispatch text', () => void actions.copy(id), { key: 'C', class: 'quiet' }),
  );
}
