import { streamPrefixes } from '#domain/names.ts';
import { isJsonObject, type JsonObject } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog, RecordedEvent } from '#ports/event-log.ts';
import type { Ids } from '#ports/ids.ts';
import type { Channel, ReminderMessage } from '#workflows/activities/channels/channel.ts';

export interface RemindersDeps {
  readonly log: Pick<EventLog, 'readStream'>;
  readonly channels: readonly Channel[];
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly ids: Pick<Ids, 'fraction'>;
  /** Told of what nobody got; the next reminder is louder. */
  readonly onFailed: (credential: string, detail: string) => void;
}

/** Brings reminders that are on record to people. */
export interface Reminders {
  /** Begins to tell of one `CredentialReminded`; resolves when it was told or given up, never rejects, and nothing else has to wait for it. */
  tell(event: RecordedEvent, signal: AbortSignal): Promise<void>;
}

/** An older one is history: whoever still has to act is reminded again. Milliseconds. */
const freshMs = 3_600_000;
const mostTries = 5;
const firstDelayMs = 1_000;
const lookBack = 100;

/**
 * Several workers may tell of the same event: it has one id, which is the event's, and receivers drop what they know. What was acted on meanwhile is not told any more.
 */
export function createReminders({ log, channels, clock, ids, onFailed }: RemindersDeps): Reminders {
  const ways = channels.flatMap(({ remind }) => (remind === undefined ? [] : [remind]));

  /** What is on record at that time and after it; undefined where somebody signed in meanwhile, or nothing is known. */
  async function message(event: RecordedEvent): Promise<ReminderMessage | undefined> {
    const credential = event.stream.slice(streamPrefixes.credential.length);
    const tail = await log.readStream(event.stream, { direction: 'backwards', limit: lookBack });
    if (!tail.ok) return undefined;
    const acted = ['CredentialSignedIn', 'CredentialRevoked'];
    if (tail.events.some(({ type, revision }) => revision > event.revision && acted.includes(type))) return undefined;
    const about = tail.events.find(
      ({ type, revision }) =>
        revision < event.revision && ['CredentialTroubled', 'CredentialRefreshed', ...acted].includes(type),
    );
    const trouble: JsonObject = isJsonObject(about?.data['trouble'] ?? null)
      ? (about?.data['trouble'] as JsonObject)
      : {};
    const urgency = event.data['urgency'];
    return {
      ...{ id: event.id, credential, state: text(trouble['kind']) ?? 'ok' },
      what: text(trouble['what']) ?? text(event.data['what']) ?? 'The sign-in needs somebody.',
      next: text(trouble['next']) ?? `Sign in again: \`tocsin sign-in --feed ${credential}\`.`,
      urgency: typeof urgency === 'number' ? urgency : 1,
    };
  }

  async function send(
    way: NonNullable<Channel['remind']>,
    reminder: ReminderMessage,
    signal: AbortSignal,
  ): Promise<void> {
    for (let tries = 1; !signal.aborted; tries++) {
      const { outcome, detail } = await way(reminder, signal);
      if (outcome === 'accepted' || outcome === 'cancelled') return;
      if (outcome === 'refused' || tries >= mostTries) return onFailed(reminder.credential, detail);
      await clock.sleep(firstDelayMs * 2 ** tries * (0.5 + ids.fraction() / 2), signal);
    }
  }

  return {
    async tell(event, signal) {
      if (ways.length === 0 || event.created < clock.now() - freshMs) return;
      try {
        const reminder = await message(event);
        if (reminder !== undefined) await Promise.all(ways.map((way) => send(way, reminder, signal)));
      } catch (error) {
        onFailed(
          event.stream.slice(streamPrefixes.credential.length),
          error instanceof Error ? error.message : 'failed',
        );
      }
    },
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
