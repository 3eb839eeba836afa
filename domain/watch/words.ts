import type { GapCause } from '#domain/watch/events.ts';

/** What an operator reads about a gap: why, and what to do now if it goes on. */
export const gapWords: Readonly<Record<GapCause, { readonly word: string; readonly next: string }>> = {
  'not-started': {
    word: 'nothing was subscribed yet',
    next: 'Sign in: `tocsin sign-in`, or the button on the admin page.',
  },
  'tocsin-not-running': { word: 'Tocsin was not running', next: 'Start the roles `ingest` and `worker`.' },
  'hub-unreachable': {
    word: 'the hub could not be reached',
    next: 'Check TOCSIN_EVENT_HUBS and the network; `tocsin doctor` tells more.',
  },
  'partition-not-read': {
    word: 'a partition of the hub was not read',
    next: 'Look at the role `ingest`: `tocsin status`.',
  },
  'event-log-unreachable': {
    word: 'the event log did not answer',
    next: 'Look at EventStoreDB; nothing is lost while the hub keeps its messages.',
  },
  'subscription-missing': {
    word: 'Graph had no subscription of ours',
    next: 'See the subscription on the admin page: it says what keeps it from being made.',
  },
  'subscription-expired': {
    word: 'the subscription ended before it was renewed',
    next: 'See the subscription on the admin page.',
  },
  'subscription-removed': {
    word: 'Graph took the subscription away',
    next: 'It is made anew by itself; see the admin page if it is not.',
  },
  'delivery-paused': {
    word: 'Graph held deliveries back: the token had ended',
    next: 'It is reauthorised by itself; see the credential on the admin page if it is not.',
  },
  'sign-in-needed': {
    word: 'somebody had to sign in',
    next: 'Sign in: `tocsin sign-in`, or the button on the admin page.',
  },
  'admin-must-act': {
    word: 'an administrator had to change something',
    next: 'The credential on the admin page says which policy, and where it is.',
  },
  'graph-unreachable': {
    word: 'Microsoft Graph could not be asked',
    next: 'Nothing can be done here; it goes on by itself.',
  },
};

/** Plain words for a cause, also for one of a later build. */
export function gapWord(cause: string | undefined): string {
  return gapWords[cause as GapCause]?.word ?? cause ?? 'not known';
}
