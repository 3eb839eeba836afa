import * as z from 'zod';
import { reportedCall } from '#domain/schemas/schema-parts.ts';

/** `{ call, match }`: a further notice of the same call, and how it was found to be the same. */
export const emergencyEnrichedV1 = z.looseObject({
  call: reportedCall,
  match: z.enum(['same-provider-id', 'caller-and-time', 'same-chat']),
});
