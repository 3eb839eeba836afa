import * as z from 'zod';
import { mostDelayedIds } from '#domain/fetching/events.ts';

const at = z.iso.datetime();

/** `{ at, since, count, notices, lost? }`: notices that waited too long for what they referred to, or lost it for good. */
export const fetchDelayedV1 = z.looseObject({
  ...{ at, since: at, count: z.int().min(1) },
  notices: z.array(z.string()).max(mostDelayedIds),
  lost: z.int().min(1).optional(),
});
/** `{ at, since }`: none of them waits any more. */
export const fetchResumedV1 = z.looseObject({ at, since: at });
