import { type Finding, within } from '#cli/doctor/finding.ts';
import { exitCodes } from '#cli/exit-codes.ts';
import { streamPrefixes } from '#domain/names.ts';
import type { Feed } from '#domain/notices/item.ts';
import { isJsonObject } from '#kernel/json.ts';
import type { EventLog, RecordedEvent } from '#ports/event-log.ts';

/** What says how a credential is; between two of these people may have been reminded and asked as often as you like. */
const deciding = new Set(['CredentialSignedIn', 'CredentialRefreshed', 'CredentialTroubled', 'CredentialRevoked']);
const mostLookedAt = 500;

/**
 * Why Entra ID gave no new token when it was last asked, as the role `worker` put it on record; undefined where it gave one, or nothing is on record. Of this the
 * key store knows nothing: a grant that was withdrawn lies there as it was.
 */
export async function refusedOnRecord(log: Pick<EventLog, 'readStream'>, feed: Feed): Promise<Finding | undefined> {
  const stream = `${streamPrefixes.credential}${feed}`;
  const read = await within(log.readStream(stream, { direction: 'backwards', limit: mostLookedAt }));
  const last = read?.ok === true ? read.events.find(({ type }) => deciding.has(type)) : undefined;
  return last?.type === 'CredentialTroubled' ? findingOf(last, feed) : undefined;
}

function findingOf({ data, created }: RecordedEvent, feed: Feed): Finding {
  const trouble = isJsonObject(data['trouble']) ? data['trouble'] : {};
  const text = (name: string) => (typeof trouble[name] === 'string' ? trouble[name] : undefined);
  const next = text('next');
  return {
    check: `${feed} sign-in`,
    state: 'fault',
    found: `no new token at ${new Date(created).toISOString()}: ${text('what') ?? 'nobody said why'}`,
    ...(next === undefined ? {} : { remedy: next }),
    // A service that is away for a while is no answer, and asked again.
    exit: text('kind') === 'back-off' ? exitCodes.unreachable : exitCodes.no,
  };
}
