import * as z from 'zod';

/** `{ position }`: every reference up to this log position was fetched or is known to wait. */
export const resolveAdvancedV1 = z.looseObject({ position: z.string() });
