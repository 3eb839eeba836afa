import * as z from 'zod';
import { gapCauses } from '#domain/watch/events.ts';

const policy = z.string().min(1).optional();
const at = z.iso.datetime();

/** Losses of the subscription that ended until then are in the record; older builds did not say so. */
const lossesTo = z.iso.datetime().optional();

/** Data of `WatchOpened`, and of `WatchProved`, which says since when it is watched as well. */
export const watchProvedV1 = z.looseObject({
  ...{ policy, at, proof: z.string(), lossesTo },
  since: z.iso.datetime().optional(),
});
/** Data of `WatchClosed`. */
export const watchClosedV1 = z.looseObject({
  ...{ policy, at, lossesTo },
  ...{ cause: z.enum(gapCauses), detail: z.string().optional() },
});
