import * as z from 'zod';
import { gapCauses } from '#domain/watch/events.ts';

const policy = z.string().min(1).optional();
const at = z.iso.datetime();

/** Data of `WatchOpened` and of `WatchProved`. */
export const watchProvedV1 = z.looseObject({ policy, at, proof: z.string() });
/** Data of `WatchClosed`. */
export const watchClosedV1 = z.looseObject({ policy, at, cause: z.enum(gapCauses), detail: z.string().optional() });
