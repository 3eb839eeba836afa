import type { AuditRecord, EmergencyView } from '#web/desk-data.ts';
import { startOf } from './cards.ts';
import { el } from './dom.ts';
import { clockBeside, fullTime } from './format.ts';
import { may } from './session.ts';
import { storySentence } from './words.ts';

/** What happened, one line each, oldest first: placed, received, on the board, and every act of a person. `page` is true on the page of the call itself. */
export function storyList(
  emergency: EmergencyView,
  story: readonly AuditRecord[] | undefined,
  page: boolean,
): HTMLElement {
  const lines: Node[] = [];
  const line = lineBeside(startOf(emergency));
  if (emergency.occurredAt !== undefined) lines.push(line('occurred', emergency.occurredAt, 'Call placed'));
  // A story that holds the notices themselves says when each was received.
  if (!story?.some((event) => event.stream.startsWith('inbox-')))
    lines.push(line('received', emergency.receivedAt, 'Notice of it received'));
  for (const event of story ?? []) {
    lines.push(line(event.type, event.recordedAt, storySentence(event), event));
    if (event.type === 'EmergencyRaised' && emergency.occurredAt !== undefined) lines.push(delay(emergency));
  }
  if (emergency.acknowledged !== undefined) lines.push(seen(emergency, emergency.acknowledged.at));
  return el(
    'section',
    { class: 'story', attributes: { 'aria-label': 'Timeline' } },
    el('h2', { text: 'Timeline' }),
    page
      ? undefined
      : el('a', {
          class: 'whole',
          text: 'Page of this call',
          attributes: { href: `/emergencies/${emergency.id}`, 'data-act': 'page' },
        }),
    el('ol', {}, ...lines),
  );
}

const lineBeside = (began: number) => (kind: string, time: string, text: string, event?: AuditRecord) => {
  const linked = event === undefined ? undefined : linkOf(event);
  return el(
    'li',
    { attributes: { 'data-kind': kind } },
    el('time', { text: clockBeside(time, began), title: fullTime(time), attributes: { datetime: time } }),
    el('span', { class: 'text', text }),
    noteOf(event),
    linked,
    event === undefined || !may('record.read')
      ? undefined
      : el('a', {
          class: 'record-link',
          text: 'record',
          title: 'The stored record of this',
          attributes: { href: `/audit?record=${encodeURIComponent(event.id)}` },
        }),
  );
};

/** How long it took from the call to the board, and from there to the first human act. */
function delay(emergency: EmergencyView) {
  return note(`${seconds(emergency.occurredAt, emergency.raisedAt)} after the call`);
}
function seen(emergency: EmergencyView, at: string) {
  return note(`first person ${seconds(emergency.raisedAt, at)} after it was on the board`);
}
function note(text: string) {
  return el('li', { class: 'measure' }, el('span', { class: 'text', text }));
}
function seconds(from: string | undefined, to: string): string {
  const ms = Math.max(0, Date.parse(to) - Date.parse(from ?? to));
  return ms < 10_000
    ? `${(ms / 1000).toFixed(1)} s`
    : ms < 120_000
      ? `${Math.round(ms / 1000)} s`
      : `${Math.round(ms / 60_000)} min`;
}

function noteOf(event: AuditRecord | undefined) {
  const text = event?.data['note'];
  return typeof text === 'string' && text !== '' ? el('q', { text }) : undefined;
}

function linkOf(event: AuditRecord) {
  const to = event.data['to'];
  if (event.type !== 'EmergencyLinked' || typeof to !== 'string') return undefined;
  return el('a', { text: 'that call', attributes: { href: `/emergencies/${encodeURIComponent(to)}` } });
}
