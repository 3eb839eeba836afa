import * as z from 'zod';
import { pageOutcomes } from '#domain/emergency/paging.ts';
import { instant } from '#domain/schemas/schema-parts.ts';

/** `{ attempt, channel, urgency, outcome, detail, test, at }`: one attempt to page responders over one channel. */
export const responderPagedV1 = z.looseObject({
  attempt: z.int().min(1),
  channel: z.string(),
  urgency: z.int().min(1).max(5),
  outcome: z.enum(pageOutcomes),
  detail: z.string(),
  test: z.boolean(),
  at: instant,
});
