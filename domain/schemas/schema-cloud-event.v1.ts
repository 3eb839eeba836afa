import * as z from 'zod';
import type { CloudEventType } from '#domain/notices/types.ts';
import { callReport } from '#domain/schemas/schema-parts.ts';

/**
 * A CloudEvent 1.0 as `inbox-*` stores it: `data` holds what was allowed to stay, with `call` where it may be about an emergency. Its `type` is that of
 * the stored event.
 */
export const cloudEventV1 = (type: CloudEventType) =>
  z.looseObject({
    specversion: z.literal('1.0'),
    id: z.string().min(1),
    source: z.string().min(1),
    type: z.literal(type),
    subject: z.string().min(1).optional(),
    time: z.iso.datetime({ offset: true }),
    datacontenttype: z.literal('application/json'),
    tocsincontent: z.enum(['inline', 'encrypted', 'referred', 'minimised']),
    data: z.looseObject({ call: callReport.optional() }),
  });
