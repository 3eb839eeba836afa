/** Why a notice was judged as it was: a closed list of words that events carry, each with the sentence that people read. */
export const reasonTexts = {
  'emergency-event': 'Teams reported it as an emergency call under an emergency calling policy.',
  'known-phrase': 'The message holds the text by which Teams announces an emergency call.',
  'important-message': 'The message was marked as important, as Teams marks its announcements.',
  'not-important':
    'The message was not marked as important, which Teams does with its announcements: somebody may have typed it.',
  'group-chat': 'It was posted in a group chat, where Teams posts its announcements.',
  'not-a-group-chat':
    'It was not posted in a group chat, where Teams posts its announcements: somebody may have typed it.',
  'chat-type-unknown': 'It is not known in what kind of chat it was posted.',
  'language-unknown': 'An important message in a group chat, in words of which no phrase is known.',
  'emergency-word':
    'An important message in a group chat that speaks of an emergency call in words that are not the known ones.',
  'sender-not-a-user': 'The message was not posted by a user, so who called is not certain.',
  'message-edited': 'The message was edited after it was posted.',
  'message-deleted': 'The message was deleted after it was posted.',
  'call-ended': 'Teams reported that the call ended. That alone never resolves it.',
  'roster-updated': 'Teams reported that somebody joined or left the call.',
  'event-type-unknown': 'Teams reported an event of the call of a kind that is not known.',
  'shape-unknown': 'The event came on the emergency feed, but its content has a form that is not known.',
  'caller-missing': 'Teams did not say who called.',
  'location-missing': 'Teams did not say where the call came from.',
  'content-not-sent': 'The notice came on the emergency feed without its content.',
  'cannot-be-read':
    'The notice came on the emergency feed, or may have, but its content could not be decrypted. All that is known is that it happened.',
  'not-stored': 'The event log refused what the notice told. All that is known is that it came.',
  'notices-not-fetched':
    'N notices could not be fetched from Microsoft Graph or its storage for too long: each of them may be an emergency call. Look into the chats of the security desk.',
  'notices-lost':
    'N notices are lost: what they told of cannot be fetched or read any more, so each of them may be an emergency call. Look into the chats of the security desk.',
  'notices-fetched':
    'No notice waits any more: they were fetched since, or are gone. Each call that was among them is an emergency of its own, linked to this one.',
  'client-state-mismatch': 'The notice carried a secret that is none of ours: it may not come from Microsoft.',
  'client-state-unchecked': 'No secret is known for this subscription, so where the notice came from was not checked.',
} as const;

export type Reason = keyof typeof reasonTexts;

/**
 * The sentence for a word that an event carries, with the number that may stand behind it (`notices-not-fetched=57`); the word itself when it was written by a
 * build that knew more of them.
 */
export function reasonText(reason: string): string {
  const [, word = reason, count] = /^([a-z-]+)=(\d{1,9})$/.exec(reason) ?? [];
  if (!Object.hasOwn(reasonTexts, word)) return reason;
  const text = reasonTexts[word as Reason];
  if (count === undefined) return text;
  return count === '1'
    ? text
        .replace('N notices are', 'A notice is')
        .replace('N notices', 'A notice')
        .replace('they told', 'it told')
        .replace('each of them', 'it')
    : text.replace('N', count);
}
