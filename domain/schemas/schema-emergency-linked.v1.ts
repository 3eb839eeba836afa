import * as z from 'zod';
import { uuid } from '#domain/schemas/schema-parts.ts';

/** `{ to, why }`: another emergency that this one may have to do with. */
export const emergencyLinkedV1 = z.looseObject({
  to: uuid,
  why: z.enum(['caller-and-time-ambiguous', 'redial', 'same-chat', 'fetched-late']),
});
