import * as z from 'zod';

/** `{ position?, open, by }`: every event up to this log position was looked at by the workflows; these emergencies nobody had acted on. */
export const pagingAdvancedV1 = z.looseObject({
  position: z.string().optional(),
  open: z.array(z.string()),
  by: z.string(),
});
