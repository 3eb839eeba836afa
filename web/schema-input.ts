import { z } from 'zod';
import { dispositions } from '#domain/emergency/events.ts';
import { callerKeyOf } from '#domain/notices/persons.ts';
import { emergencyStates } from '#web/desk-data.ts';

const wholeNumber = (least: number, most: number, otherwise: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, `a whole number from ${least} to ${most}`)
    .transform(Number)
    .pipe(z.number().int().min(least).max(most))
    .default(otherwise);

/** An instant: ISO 8601 with a zone, or a date alone (midnight UTC). Comes out as ISO 8601 UTC with milliseconds. */
export const instantSchema = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: 'a time like 2026-08-28T14:31:26Z, or a date like 2026-08-28',
  })
  .transform((text) => new Date(text).toISOString());

/** Printable ASCII without spaces: what positions, cursors, stream names and event types are made of. */
const token = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[\x21-\x7e]+$/, 'letters, digits and signs without spaces');

/** A `position` of the log, as records have it. A number is padded: positions compare as strings, and behind `5` nothing would be found. */
const position = z
  .string()
  .regex(/^\d{1,20}(?:_\d{20})?$/, 'a `position` of the record')
  .transform((text) => text.replace(/^\d+/, (digits) => digits.padStart(20, '0')));

const uuid = z.guid().transform((id) => id.toLowerCase());

/** Text that a person typed: no control characters but line breaks and tabs. */
const typed = (most: number) =>
  z
    .string()
    .trim()
    .max(most)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in it.
    .regex(/^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u, 'plain text')
    .refine((text) => text.isWellFormed(), 'plain text');

/** Who acts: needed where nobody signs in, otherwise it may only say who is signed in. One line, and a name that nobody can see is none. */
const by = typed(120)
  .min(1)
  .transform((text) =>
    text
      .replaceAll(/[\t\n\r]+/g, ' ')
      .replaceAll(/[\p{Cc}\p{Cf}]/gu, '')
      .trim(),
  )
  .refine((text) => text !== '', 'a name that can be seen')
  .optional();

/** Nothing typed is as good as absent. */
const maybeTyped = (most: number) =>
  typed(most)
    .transform((text) => (text === '' ? undefined : text))
    .optional();

/** `GET /api/emergencies`. */
export const emergencyQuerySchema = z.strictObject({
  state: z.enum(emergencyStates).optional(),
  since: instantSchema.optional(),
  until: instantSchema.optional(),
  test: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  limit: wholeNumber(1, 1000, 100),
  cursor: token.optional(),
});

const auditFilter = {
  stream: token.optional(),
  type: token.optional(),
  since: instantSchema.optional(),
  until: instantSchema.optional(),
  emergency: uuid.optional(),
  feed: z.enum(['chat', 'events']).optional(),
};

/** `GET /api/audit`. */
export const auditQuerySchema = z.strictObject({
  ...auditFilter,
  order: z.enum(['oldest', 'newest']).default('oldest'),
  after: position.optional(),
  limit: wholeNumber(1, 1000, 100),
});

/** `GET /api/quarantine`. */
export const quarantineQuerySchema = z.strictObject({ cursor: position.optional() });

/** `GET /api/audit/counts`. */
export const auditFilterSchema = z.strictObject(auditFilter);

/** `POST /api/audit/caller` and its counts: whose events, as a name, a UPN, a number or an object id. Comes out as the key of that caller. */
export const callerBodySchema = z.strictObject({
  caller: typed(256).transform((text, context) => {
    const key = callerKeyOf(text);
    if (key === undefined) context.addIssue('must say who');
    return key ?? z.NEVER;
  }),
});

/** `POST /api/erasures`: of whom, and what `POST /api/erasures/preview` said. */
export const eraseBodySchema = callerBodySchema.extend({ extent: token, by });

/** `GET /api/stream`; `after` says what `Last-Event-ID` says, for those that cannot send headers. */
export const streamQuerySchema = z.strictObject({ after: token.optional() });
export const lastEventIdSchema = token;

/** An emergency's id in a path. */
export const idSchema = uuid;
/** An event's id or position in a path. */
export const recordIdSchema = token;

export const acknowledgeBodySchema = z.strictObject({ by });

export const resolveBodySchema = z.strictObject({
  by,
  disposition: z.enum(dispositions),
  note: maybeTyped(4000),
});

/** `GET /api/watch`: a time, the last day unless said. */
export const watchQuerySchema = z.strictObject({ from: instantSchema.optional(), to: instantSchema.optional() });

/** `POST /api/credentials/{id}/sign-in`. */
export const signInBodySchema = z.strictObject({ method: z.enum(['device-code', 'browser']).optional() });

/** `POST /api/credentials/{id}/sign-in/address`: where the browser ended. Secret. */
export const signInAddressBodySchema = z.strictObject({ address: typed(16_384).min(1) });

/** `POST /api/credentials/{id}/revoke` and `POST /api/leaving`. */
export const revokeBodySchema = z.strictObject({ why: typed(400).min(1) });

/** `POST /api/desks`: one browser says that it is there and whether it can be heard. */
export const deskBodySchema = z.strictObject({
  desk: uuid,
  sound: z.enum(['armed', 'muted', 'off']),
  by: maybeTyped(120),
});
