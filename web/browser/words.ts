import { reasonText } from '#domain/notices/reasons.ts';
import type { AuditRecord, EmergencyView } from '#web/desk-data.ts';

/** "May be an emergency", and why that is not certain. */
export function reasonsSentence(reasons: readonly string[]): string {
  return ['May be an emergency.', ...reasons.map(reasonText)].join(' ');
}

/** Codes that say nothing of the log: it may have the act. */
const silentCodes = ['unreachable', 'internal'];

/** Why an act did not come to its end. Nobody is told that nothing was recorded where that is not known. */
export function notDoneSentence(
  act: 'acknowledge' | 'resolve',
  { code, word }: { readonly code: string; readonly word: string },
): string {
  const done = act === 'acknowledge' ? 'acknowledged' : 'resolved';
  if (code === 'outcome-unknown') return `Perhaps ${done}. ${word}`;
  if (silentCodes.includes(code)) return `Perhaps ${done}. ${word} Look at the call, then press again.`;
  return `NOT ${done}. ${word} Try again.`;
}

const dispositionWords: Readonly<Record<string, string>> = {
  real: 'real emergency',
  test: 'test',
  misdial: 'misdial',
  'false-alarm': 'false alarm',
};

export function dispositionWord(disposition: string): string {
  return dispositionWords[disposition] ?? disposition;
}

/** The one word for the state of a call; colour and shape never stand alone. */
export function stateWord(emergency: EmergencyView): string {
  const test = emergency.test ? 'TEST · ' : '';
  if (emergency.state === 'resolved') return `${test}RESOLVED`;
  if (emergency.state === 'acknowledged') return `${test}ACKNOWLEDGED`;
  if (emergency.test) return 'TEST';
  return emergency.verified ? 'UNACKNOWLEDGED' : 'UNVERIFIED';
}

const feedWords: Readonly<Record<string, string>> = { chat: 'the group chat', events: 'the emergency events feed' };
const fromWords: Readonly<Record<string, string>> = {
  desk: 'at a desk',
  cli: 'on the command line',
  api: 'by a program',
};
const linkWords: Readonly<Record<string, string>> = {
  redial: 'the same caller dialled again',
  'same-chat': 'it is in the same chat',
  'caller-and-time-ambiguous': 'caller and time fit more than one call',
  'fetched-late': 'it was among the notices that could not be fetched in time',
};

/** One event of a call's story in plain words. */
export function storySentence(event: AuditRecord): string {
  const data = event.data as Readonly<Record<string, unknown>>;
  const call = (data['call'] ?? {}) as Readonly<Record<string, unknown>>;
  const text = (value: unknown, otherwise: string) => (typeof value === 'string' && value !== '' ? value : otherwise);
  const feed = feedWords[text(call['feed'], '')] ?? 'a notice';
  const from = fromWords[text(data['from'], '')] ?? '';
  switch (event.type) {
    case 'EmergencyRaised':
      return `On the board, reported by ${feed}`;
    case 'EmergencyEnriched':
      return `More was learned from ${feed}`;
    case 'EmergencyLinked':
      return `May have to do with another call: ${linkWords[text(data['why'], '')] ?? 'they look alike'}`;
    case 'EmergencyAcknowledged':
      return `${text(data['by'], 'Somebody')} took it ${from}`.trim();
    case 'EmergencyResolved':
      return `${text(data['by'], 'Somebody')} resolved it as ${dispositionWord(text(data['disposition'], 'unknown'))} ${from}`.trim();
    case 'Microsoft.Graph.EmergencyCallEvent':
      return 'Notice received from the emergency events feed';
    case 'Microsoft.Graph.ChatMessageCreated':
    case 'Microsoft.Graph.ChatMessageUpdated':
    case 'Microsoft.Graph.ChatMessageDeleted':
      return 'Notice received from the group chat';
    default:
      return event.type.replaceAll(/([a-z])([A-Z])/g, '$1 $2');
  }
}
