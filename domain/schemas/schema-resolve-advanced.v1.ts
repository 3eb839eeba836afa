import * as z from 'zod';

const count = z.int().min(0);

/**
 * `{ position?, by, … }`: every reference up to this log position was fetched or is on the list that stands beside it. Without a position: that process
 * took over and has done nothing yet. `gone`: what was given up since the one before, by its places in the inbox.
 */
export const resolveAdvancedV1 = z.looseObject({
  position: z.string().optional(),
  by: z.string(),
  pending: z.array(z.looseObject({ stream: z.string(), revision: count })).optional(),
  waiting: count.optional(),
  givenUp: count.optional(),
  oldestWaitingAt: z.iso.datetime().optional(),
  gone: z.array(z.looseObject({ stream: z.string(), revisions: z.array(count) })).optional(),
  messages: z.array(z.looseObject({ stream: z.string(), revisions: z.array(count) })).optional(),
  backlog: z.array(z.looseObject({ kind: z.string(), stream: z.string(), from: count, to: count, count })).optional(),
  delayed: z.array(z.looseObject({ id: z.string(), since: z.iso.datetime(), count, next: count })).optional(),
  republish: z.array(z.looseObject({ id: z.string(), stream: z.string(), revision: count })).optional(),
  backFill: z.looseObject({ gaps: z.array(z.looseObject({})), open: z.array(z.looseObject({})) }).optional(),
});
