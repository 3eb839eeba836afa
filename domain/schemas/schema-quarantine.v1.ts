import * as z from 'zod';
import { republishOutcomes } from '#domain/quarantine/events.ts';
import { actedFrom, instant, provedHow, sealed } from '#domain/schemas/schema-parts.ts';

/** `{ by, byToken, proved?, over, at, stream, revision }`: somebody asked that what nobody could read is published again. */
export const republishingRequestedV1 = z.looseObject({
  ...{ by: sealed, byToken: z.string(), proved: provedHow.optional(), over: actedFrom, at: instant },
  ...{ stream: z.string(), revision: z.int().min(0) },
});
/** `{ at, outcome }`: what came of it. */
export const quarantineRepublishedV1 = z.looseObject({ at: instant, outcome: z.enum(republishOutcomes) });
