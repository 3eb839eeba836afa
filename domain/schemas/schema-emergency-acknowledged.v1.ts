import * as z from 'zod';
import { actedFrom, instant, provedHow, sealed } from '#domain/schemas/schema-parts.ts';

/** `{ by, byToken, at, from, proved? }`: somebody took it; without `proved` the name is claimed. */
export const emergencyAcknowledgedV1 = z.looseObject({
  by: sealed,
  byToken: z.string(),
  at: instant,
  from: actedFrom,
  proved: provedHow.optional(),
});
