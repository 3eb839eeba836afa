import * as z from 'zod';
import { actedFrom, instant, sealed } from '#domain/schemas/schema-parts.ts';

/** `{ by, byToken, at, from }`: somebody took it; `by` is claimed, not proved. */
export const emergencyAcknowledgedV1 = z.looseObject({ by: sealed, byToken: z.string(), at: instant, from: actedFrom });
