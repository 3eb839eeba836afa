import * as z from 'zod';
import { actedFrom, instant, provedHow, sealed, uuid } from '#domain/schemas/schema-parts.ts';

const who = { by: sealed, byToken: z.string(), proved: provedHow, at: instant };

/** `{ by, byToken, proved, at, emergency, over }`: somebody saw an emergency with its personal values. */
export const emergencyViewedV1 = z.looseObject({ ...who, emergency: uuid, over: actedFrom });
/** `{ by, byToken, proved, at, stream, over }`: somebody read records of a stream that holds personal values. */
export const recordViewedV1 = z.looseObject({ ...who, stream: z.string(), over: actedFrom });
/** `{ by, byToken, proved, at, filter, over }`: records left the desk. */
export const recordExportedV1 = z.looseObject({
  ...who,
  filter: z.record(z.string(), z.string()),
  over: actedFrom,
});
/** `{ by, byToken, proved, at, callerToken, over }`: the record was searched for the caller of that keyed hash, as `callerTokens` of calls have it. */
export const callerSearchedV1 = z.looseObject({ ...who, callerToken: z.string(), over: actedFrom });
/** `{ by, byToken, proved, at, roles }`: somebody signed in to the desk. */
export const sessionStartedV1 = z.looseObject({ ...who, roles: z.array(z.string()) });
/** `{ by, byToken, proved, at }`: somebody signed out. A session that ran out leaves no event. */
export const sessionEndedV1 = z.looseObject(who);
/** `{ lost, from, to }`: so many looks could not be recorded. */
export const accessRecordInterruptedV1 = z.looseObject({ lost: z.int().min(1), from: instant, to: instant });
