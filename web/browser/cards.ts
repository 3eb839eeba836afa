import type { EmergencyView } from '#web/desk-data.ts';
import { el, setText } from './dom.ts';
import { ageText, clock, fullTime, phone, placeLines, when } from './format.ts';
import { dispositionWord, reasonsSentence, stateWord } from './words.ts';

/** One call in a list. Its element is made once and then only its differing texts are changed. */
export interface Card {
  readonly element: HTMLLIElement;
  update(emergency: EmergencyView): void;
  tick(now: number): void;
}

export function createCard(id: string): Card {
  const age = el('span', { class: 'age' });
  const number = el('span', { class: 'number' });
  const state = el('span', { class: 'state' });
  const place = el('p', { class: 'place' });
  const inside = el('p', { class: 'inside' });
  const who = el('span', { class: 'who' });
  const callback = el('span', { class: 'callback' });
  const owner = el('p', { class: 'owner' });
  const link = el(
    'a',
    { attributes: { href: `/emergencies/${id}` } },
    el('p', { class: 'top' }, age, number, state),
    place,
    inside,
    el('p', { class: 'caller' }, who, callback),
    owner,
  );
  const element = el('li', { class: 'card', attributes: { 'data-id': id } }, link);
  let shown: EmergencyView | undefined;

  function tick(now: number) {
    if (shown !== undefined && shown.state !== 'resolved') setText(age, ageText(now - startOf(shown)));
  }
  return {
    element,
    tick,
    update(emergency) {
      if (emergency === shown) return;
      shown = emergency;
      element.dataset['state'] = emergency.state;
      element.dataset['test'] = String(emergency.test);
      element.dataset['verified'] = String(emergency.verified);
      const lines = placeLines(emergency.location);
      const first = lines.street || lines.inside || lines.town || lines.degrees;
      element.dataset['place'] = lines.known ? 'known' : 'missing';
      setText(number, emergency.dialledNumber ?? 'number not known');
      setText(state, stateWord(emergency));
      setText(place, lines.known ? first : 'No location was sent');
      setText(
        inside,
        lines.street === ''
          ? lines.known
            ? ''
            : emergency.policy === undefined
              ? ''
              : `Emergency policy ${emergency.policy}`
          : lines.inside || lines.town,
      );
      setText(who, emergency.caller?.name ?? 'Caller not known');
      const back = emergency.caller?.callbackNumber;
      setText(callback, back === undefined ? 'no call-back number' : phone(back));
      setText(owner, ownerText(emergency));
      if (emergency.resolved !== undefined) setText(age, when(emergency.raisedAt));
      age.title = fullTime(emergency.occurredAt ?? emergency.receivedAt);
    },
  };
}

/** The instant that ages count from: the call itself, where that is known. */
export function startOf(emergency: EmergencyView): number {
  return Date.parse(emergency.occurredAt ?? emergency.receivedAt);
}

/** Who has it, or why it is doubtful while nobody has. */
function ownerText({ acknowledged, resolved, verified, reasons }: EmergencyView): string {
  if (resolved !== undefined) return `${dispositionWord(resolved.disposition)} · ${resolved.by}`;
  if (acknowledged === undefined) return verified ? '' : reasonsSentence(reasons);
  return `${acknowledged.by} has it since ${clock(acknowledged.at)}`;
}
