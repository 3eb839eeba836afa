import * as z from 'zod';

/** `{ position, by }`: every notice up to this log position was judged, by that process. */
export const triageAdvancedV1 = z.looseObject({ position: z.string().optional(), by: z.string() });
