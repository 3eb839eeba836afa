import * as z from 'zod';
import { reportedCall } from '#domain/schemas/schema-parts.ts';

/** `{ call }`: the notice by which an emergency became known. */
export const emergencyRaisedV1 = z.looseObject({ call: reportedCall });
