import * as z from 'zod';
import { instant } from '#domain/schemas/schema-parts.ts';

const feed = z.enum(['chat', 'events']);
const method = z.enum(['device-code', 'browser', 'certificate', 'federated']);
const dates = {
  permissions: z.array(z.string()),
  tokenExpiresAt: instant,
  grantExpiresAt: instant.optional(),
};

/** `{ feed, method, why }`: a sign-in was asked for. */
export const credentialSignInRequestedV1 = z.looseObject({ feed, method, why: z.string() });
/** `{ verificationUri, expiresAt }`: a code waits for a person; the code itself is nowhere on record. */
export const credentialCodeShownV1 = z.looseObject({ verificationUri: z.string(), expiresAt: instant });
/** `{ feed, method, permissions, tokenExpiresAt, grantExpiresAt? }`: a new grant serves from now on. */
export const credentialSignedInV1 = z.looseObject({ feed, method, ...dates });
/** `{ feed, permissions, tokenExpiresAt, grantExpiresAt? }`: a new token, with the grant that was there. */
export const credentialRefreshedV1 = z.looseObject({ feed, ...dates });
/** `{ feed, trouble }`: there is no new token, and who has to do what; `trouble.supportId` is Entra's id of the answer. */
export const credentialTroubledV1 = z.looseObject({
  feed,
  trouble: z.looseObject({
    kind: z.enum(['sign-in-again', 'admin-must-act', 'back-off', 'our-fault']),
    code: z.string(),
    what: z.string(),
    next: z.string(),
    supportId: z.string().optional(),
  }),
});
/** `{ what, urgency }`: people were reminded that they have to do something. */
export const credentialRemindedV1 = z.looseObject({ what: z.string(), urgency: z.int().min(1).max(5) });
/** `{ why }`: the grant was forgotten here. */
export const credentialRevokedV1 = z.looseObject({ why: z.string() });
