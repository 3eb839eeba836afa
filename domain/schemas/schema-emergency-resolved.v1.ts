import * as z from 'zod';
import { actedFrom, disposition, instant, provedHow, sealed } from '#domain/schemas/schema-parts.ts';

/** `{ by, byToken, at, disposition, note?, from, proved? }`: somebody closed it; without `proved` the name is claimed. */
export const emergencyResolvedV1 = z.looseObject({
  by: sealed,
  byToken: z.string(),
  at: instant,
  disposition,
  note: sealed.optional(),
  from: actedFrom,
  proved: provedHow.optional(),
});
