import * as z from 'zod';
import { dispositions } from '#domain/emergency/events.ts';

/** A sealed value (domain/personal.ts). */
export const sealed = z.looseObject({
  $sealed: z.literal(1),
  key: z.string(),
  of: z.string(),
  as: z.enum(['string', 'number', 'json']),
  box: z.string(),
});
/** ISO 8601 UTC with a `Z`. */
export const instant = z.iso.datetime({ offset: false });
export const uuid = z.guid();
export const actedFrom = z.enum(['desk', 'cli', 'api']);
export const disposition = z.enum(dispositions);
/** How it was proved who it was. */
export const provedHow = z.enum(['sign-in', 'local-key']);

const location = z.looseObject({
  street: sealed.optional(),
  additionalInfo: sealed.optional(),
  companyName: sealed.optional(),
  city: sealed.optional(),
  county: sealed.optional(),
  region: sealed.optional(),
  postalCode: sealed.optional(),
  country: sealed.optional(),
  floor: sealed.optional(),
  room: sealed.optional(),
  latitude: sealed.optional(),
  longitude: sealed.optional(),
});

/** What a notice says about a call (domain/notices/item.ts `CallReport`), its personal fields sealed. */
export const callReport = z.looseObject({
  feed: z.enum(['chat', 'events']),
  emergencyId: uuid,
  recoveredOf: uuid.optional(),
  confidence: z.enum(['high', 'medium', 'low']),
  reasons: z.array(z.string()),
  test: z.boolean(),
  occurredAt: z.iso.datetime().optional(),
  caller: z
    .looseObject({
      name: sealed.optional(),
      id: sealed.optional(),
      upn: sealed.optional(),
      callbackNumber: sealed.optional(),
    })
    .optional(),
  dialledNumber: z.string().optional(),
  location: location.optional(),
  policy: z.string().optional(),
  text: sealed.optional(),
  language: z.string().optional(),
  callEventType: z.string().optional(),
  callerTokens: z.array(z.string()),
  chatToken: z.string().optional(),
  contentToken: z.string().optional(),
});

/** The same in an emergency, with the notice that it came from. */
export const reportedCall = callReport.extend({ noticeId: uuid, receivedAt: z.iso.datetime() });
