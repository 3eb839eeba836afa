import * as z from 'zod';
import { actedFrom, disposition, instant, sealed } from '#domain/schemas/schema-parts.ts';

/** `{ by, byToken, at, disposition, note?, from }`: somebody closed it. */
export const emergencyResolvedV1 = z.looseObject({
  by: sealed,
  byToken: z.string(),
  at: instant,
  disposition,
  note: sealed.optional(),
  from: actedFrom,
});
