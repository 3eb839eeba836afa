import * as z from 'zod';
import { mostDelayedIds } from '#domain/fetching/events.ts';

const at = z.iso.datetime();

/** `{ at, since, count, notices }`: notices that waited too long for what they referred to. */
export const fetchDelayedV1 = z.looseObject({
  ...{ at, since: at, count: z.int().min(1) },
  notices: z.array(z.string()).max(mostDelayedIds),
});
/** `{ at, since }`: none of them waits any more. */
export const fetchResumedV1 = z.looseObject({ at, since: at });
