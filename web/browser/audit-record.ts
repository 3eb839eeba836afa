import type { AuditDetail, AuditReference } from '#web/desk-data.ts';
import { el } from './dom.ts';
import { clockBeside, fullTime } from './format.ts';

/** One stored event as it is: its place, what caused it and what it caused, its content and its metadata. */
export function recordView({ record, causes, effects }: AuditDetail): readonly Node[] {
  const isNotice = record.stream.startsWith('inbox-');
  const emergency = /^emergency-([0-9a-f-]{36})$/.exec(record.stream)?.[1];
  const fact = (word: string, content: Node | string) => el('div', {}, el('dt', { text: word }), el('dd', {}, content));
  return [
    el('h2', { text: record.type }),
    el(
      'dl',
      { class: 'facts' },
      fact(
        'Recorded',
        el('time', { text: new Date(record.recordedAt).toLocaleString(), title: fullTime(record.recordedAt) }),
      ),
      fact(
        'Stream',
        emergency === undefined
          ? record.stream
          : el('a', { text: record.stream, attributes: { href: `/emergencies/${emergency}` } }),
      ),
      fact('Revision', String(record.revision)),
      fact('Position', record.position),
      fact('Id', record.id),
    ),
    references('Caused by', record.recordedAt, causes, 'Nothing in the log: it came from outside.'),
    references('Caused', record.recordedAt, effects, 'Nothing yet.'),
    el('h3', { text: isNotice ? 'CloudEvent' : 'Data' }),
    jsonView(record.data),
    el('h3', { text: 'Metadata' }),
    jsonView(record.metadata),
  ];
}

function references(word: string, at: string, list: readonly AuditReference[], none: string) {
  return el(
    'section',
    { class: 'references' },
    el('h3', { text: word }),
    list.length === 0
      ? el('p', { class: 'hint', text: none })
      : el(
          'ul',
          {},
          ...list.map(({ id, type, stream, recordedAt }) =>
            el(
              'li',
              {},
              el('a', {
                text: type,
                title: stream,
                attributes: { href: `/audit?record=${encodeURIComponent(id)}`, 'data-record': id },
              }),
              ' ',
              el('time', { text: clockBeside(recordedAt, at), title: fullTime(recordedAt) }),
            ),
          ),
        ),
  );
}

/** JSON with its strings, numbers and names told apart; everything is inserted as text. */
function jsonView(value: unknown): HTMLElement {
  const pre = el('pre', { class: 'json', attributes: { tabindex: '0' } });
  const text = JSON.stringify(value, undefined, 2) ?? '';
  let at = 0;
  for (const match of text.matchAll(
    /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g,
  )) {
    pre.append(text.slice(at, match.index));
    const kind = match[1] === undefined ? 'value' : match[2] === undefined ? 'string' : 'name';
    pre.append(el('span', { class: kind, text: match[1] ?? match[0] }), match[2] ?? '');
    at = match.index + match[0].length;
  }
  pre.append(text.slice(at));
  return pre;
}
