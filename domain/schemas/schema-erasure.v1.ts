import * as z from 'zod';
import { actedFrom, instant, provedHow, sealed } from '#domain/schemas/schema-parts.ts';

const many = z.int().min(0);

/** `{ by, byToken, proved?, over, at, callerTokens, objectIds, upns, numbers, emergencies, notices }`: somebody asked that a person is erased; nothing says who. */
export const erasureRequestedV1 = z.looseObject({
  ...{ by: sealed, byToken: z.string(), proved: provedHow.optional(), over: actedFrom, at: instant },
  callerTokens: z.array(z.string()),
  ...{ objectIds: many, upns: many, numbers: many, emergencies: many, notices: many },
});
/** `{ at, keys, left }`: the keys are destroyed. */
export const personErasedV1 = z.looseObject({ at: instant, keys: many, left: many });
