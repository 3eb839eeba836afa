import * as z from 'zod';
import { instant } from '#domain/schemas/schema-parts.ts';

const identity = { feed: z.enum(['chat', 'events']), policy: z.string().optional() };
const live = {
  ...identity,
  graphId: z.string(),
  apiVersion: z.enum(['v1.0', 'beta']),
  content: z.enum(['rich', 'basic']),
  expiresAt: instant,
  deliversUntil: instant,
  encryptionCertificateId: z.string().optional(),
};

/** `{ …live, why }`: Graph made one for us. */
export const subscriptionCreatedV1 = z.looseObject({ ...live, why: z.string() });
/** `{ …live }`: Graph had one that is ours. */
export const subscriptionAdoptedV1 = z.looseObject(live);
/** `{ …live, by }`: a new end, or a new token. */
export const subscriptionRenewedV1 = z.looseObject({ ...live, by: z.enum(['renewal', 'reauthorisation']) });
/** `{ …live }`: Graph was asked, and has it still. */
export const subscriptionConfirmedV1 = z.looseObject(live);
/** `{ feed, policy?, code, what, next, supportId? }`: it cannot be made or renewed now; `supportId` is Graph's or Entra's id of the answer. */
export const subscriptionTroubledV1 = z.looseObject({
  ...identity,
  code: z.string(),
  what: z.string(),
  next: z.string(),
  supportId: z.string().optional(),
});
/** `{ feed, policy?, graphId, cause }`: Graph does not have it any more. */
export const subscriptionLostV1 = z.looseObject({
  ...identity,
  graphId: z.string(),
  cause: z.enum(['expired', 'removed', 'not-found', 'replaced']),
});
/** `{ feed, policy?, graphId, cause }`: we ended it. */
export const subscriptionRemovedV1 = z.looseObject({
  ...identity,
  graphId: z.string(),
  cause: z.enum(['orphan', 'policy-gone', 'shutdown', 'replaced', 'recreated']),
});
