import { z } from 'zod';
import { permissions, roles } from '#domain/access/roles.ts';
import { dispositions } from '#domain/emergency/events.ts';
import { errorCodes } from '#domain/errors.ts';
import { republishOutcomes } from '#domain/quarantine/events.ts';
import { emergencyStates } from '#web/desk-data.ts';
import { healthKinds } from '#web/health-report.ts';

/** What answers look like: the OpenAPI document is made from these, and the tests hold every answer against them. */
const time = z.iso.datetime({ offset: true });
const feed = z.enum(['chat', 'events']);
const from = z.enum(['desk', 'cli', 'api']);

export const emergencySchema = z
  .looseObject({
    id: z.guid(),
    state: z.enum(emergencyStates),
    verified: z.boolean().describe('false: it may be an emergency; `reasons` say why'),
    reasons: z.array(z.string()),
    test: z.boolean().describe('true for test calls and drills'),
    caller: z
      .looseObject({ name: z.string().optional(), id: z.string().optional(), callbackNumber: z.string().optional() })
      .optional(),
    dialledNumber: z.string().optional(),
    location: z
      .looseObject({
        street: z.string().optional().describe('with house number and suffix'),
        additionalInfo: z.string().optional(),
        companyName: z.string().optional(),
        city: z.string().optional(),
        county: z.string().optional(),
        region: z.string().optional(),
        postalCode: z.string().optional(),
        country: z.string().optional(),
        floor: z.string().optional(),
        room: z.string().optional(),
        latitude: z.number().optional().describe('degrees, WGS 84'),
        longitude: z.number().optional().describe('degrees, WGS 84'),
      })
      .optional(),
    policy: z.string().optional(),
    feeds: z.array(feed),
    occurredAt: time.optional().describe('when Teams says that the call was'),
    receivedAt: time.describe('enqueued on the hub'),
    raisedAt: time.describe('in the log'),
    acknowledged: z.looseObject({ by: z.string(), at: time, from }).optional(),
    resolved: z
      .looseObject({ by: z.string(), at: time, disposition: z.enum(dispositions), note: z.string().optional() })
      .optional(),
    links: z.array(z.looseObject({ to: z.string(), why: z.string() })).optional(),
    revision: z.int().min(0),
  })
  .describe('One call. A field that is not known is absent.');

export const auditRecordSchema = z
  .looseObject({
    position: z.string().describe('opaque; `after` takes it'),
    stream: z.string(),
    revision: z.int().min(0),
    id: z.guid(),
    type: z.string(),
    recordedAt: time,
    data: z.record(z.string(), z.unknown()),
    metadata: z.record(z.string(), z.unknown()),
  })
  .describe('One stored event');

export const emergencyPageSchema = z.looseObject({
  items: z.array(emergencySchema).describe('newest first'),
  next: z.string().optional().describe('`cursor` of the next page; absent on the last one'),
  position: z
    .string()
    .optional()
    .describe('up to where in the log this is complete: `Last-Event-ID` takes it; absent while nothing was read'),
});

export const emergencyWithStorySchema = emergencySchema.extend({ story: z.array(auditRecordSchema) });

const reference = z.looseObject({ id: z.guid(), stream: z.string(), type: z.string(), recordedAt: time });
export const auditDetailSchema = z.looseObject({
  record: auditRecordSchema,
  causes: z.array(reference),
  effects: z.array(reference),
});

const counted = z.array(z.looseObject({ name: z.string(), count: z.int() }));
export const auditCountsSchema = z.looseObject({ total: z.int(), byType: counted, byStream: counted });

export const healthSchema = z.looseObject({
  rows: z.array(
    z.looseObject({
      kind: z.enum(healthKinds),
      name: z.string(),
      state: z.enum(['ok', 'warning', 'trouble']),
      word: z.string(),
      since: time.optional(),
      lastProofAt: time.optional(),
      expiresAt: time.optional(),
      figures: z.record(z.string(), z.string()).optional(),
      next: z.string().optional(),
      actions: z
        .array(z.looseObject({ act: z.enum(['sign-in', 'renew', 'recreate']), of: z.string(), word: z.string() }))
        .optional(),
    }),
  ),
  listening: z.looseObject({
    ok: z.boolean(),
    since: time,
    lastProofAt: time.optional(),
    feeds: z.array(z.looseObject({ feed: z.string(), ok: z.boolean().optional(), lastProofAt: time.optional() })),
    word: z.string().optional(),
  }),
  erasures: z
    .int()
    .optional()
    .describe('erasures of persons on record: whoever keeps what the desk said asks again after one more'),
});

export const sessionSchema = z.looseObject({
  signIn: z.boolean().describe('false: nobody signs in at this desk'),
  name: z.string().optional(),
  roles: z.array(z.enum(roles)).optional(),
  may: z.array(z.enum(permissions)),
  endsAt: time.optional().describe('when the session ends whatever happens'),
});
export const signedOutSchema = z.looseObject({
  next: z.string().describe('where the browser goes, to end the session there as well'),
});

export const deskCountsSchema = z.looseObject({ open: z.int(), armed: z.int(), muted: z.int() });

export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(errorCodes)),
    remedy: z.string(),
  })
  .describe('Problem details, RFC 9457');

const projectionDigest = {
  name: z.string(),
  position: z.string().optional(),
  digest: z.string().describe('SHA-256 of the rows, hexadecimal'),
};

export const projectionListSchema = z.looseObject({
  items: z.array(
    z.looseObject({
      name: z.string(),
      position: z.string().optional(),
      caughtUp: z.boolean(),
      connection: z.string(),
      rebuilding: z.number().optional().describe('events that a rebuild has read so far'),
    }),
  ),
});
export const projectionDigestSchema = z.looseObject(projectionDigest);
export const projectionRebuildSchema = z.looseObject({
  ...projectionDigest,
  events: z.number(),
  equal: z.boolean().describe('true when the rebuilt one is equal to the one it replaced'),
});

export const pendingSignInSchema = z.looseObject({
  method: z.enum(['device-code', 'browser']),
  userCode: z.string().optional().describe('what is typed in; absent for a sign-in in the browser'),
  verificationUri: z.string(),
  expiresAt: time,
});
export const credentialListSchema = z.looseObject({
  items: z.array(
    z.looseObject({
      ...{ id: z.string(), feed, state: z.string(), word: z.string(), since: time.optional() },
      ...{ lastProofAt: time.optional(), tokenExpiresAt: time.optional(), grantExpiresAt: time.optional() },
      next: z.string().optional(),
      signIn: z
        .string()
        .optional()
        .describe('what became of the last sign-in that was asked for: waiting, worked or failed'),
      signInAt: time.optional(),
      signInWord: z.string().optional().describe('why it failed, and what to do then'),
      supportId: z.string().optional().describe('of Microsoft, for a support case'),
      reminders: z.int().optional().describe('how often people were reminded of what they have to do'),
      remindedUrgency: z.int().optional().describe('of the last reminder, 1 to 5'),
      remindedAt: time.optional(),
      permissions: z.array(
        z.looseObject({ name: z.string(), granted: z.boolean(), needed: z.boolean(), reason: z.string() }),
      ),
      pending: pendingSignInSchema.optional(),
    }),
  ),
});
export const subscriptionListSchema = z.looseObject({
  items: z.array(
    z.looseObject({
      ...{ id: z.string(), feed, policy: z.string().optional(), state: z.string(), word: z.string() },
      ...{ since: time.optional(), lastProofAt: time.optional(), expiresAt: time.optional() },
      deliversUntil: time.optional().describe('until when Graph delivers without a new token'),
      next: z.string().optional(),
      supportId: z.string().optional().describe('of Microsoft, for a support case'),
    }),
  ),
});
export const startedSchema = z.looseObject({ started: z.literal(true) });
export const quarantineListSchema = z.looseObject({
  items: z.array(
    z.looseObject({
      ...{
        id: z.guid(),
        recordedAt: time,
        type: z.string(),
        why: z.string(),
        partition: z.string(),
        stream: z.string(),
      },
      bytes: z.number().optional(),
      readableUntil: time,
      state: z.enum(['kept', 'gone', 'requested', ...republishOutcomes]),
    }),
  ),
  next: z.string().optional().describe('`cursor` of the next page; absent on the last one'),
});
const many = z.int().min(0);
export const erasureExtentSchema = z.looseObject({
  ...{ objectIds: many, upns: many, numbers: many, emergencies: many, notices: many, sharedNumbers: many },
  extent: z.string().describe('to be sent with the erasure: what is erased is what was shown'),
});
export const erasedSchema = z.looseObject({
  keys: many,
  left: many.describe('notices that still hold something under the key of somebody else'),
});
export const revocationSchema = startedSchema.extend({
  recorded: z.boolean().describe('false: it is still under way'),
});
export const renewalSchema = startedSchema.extend({
  at: time.optional().describe('when it comes; absent: at once'),
});
export const leavingSchema = z.looseObject({
  ended: z.boolean(),
  subscriptions: z.array(z.string()),
  credentials: z.array(z.string()),
  waiting: z.array(z.looseObject({ id: z.string(), what: z.string(), next: z.string() })),
});
export const watchReportSchema = z.looseObject({
  from: time,
  to: time,
  feeds: z.array(
    z.looseObject({
      ...{
        feed,
        policy: z.string().optional(),
        watching: z.boolean(),
        left: z.boolean().optional(),
        lastProofAt: time.optional(),
      },
      ...{ watchedSeconds: z.number(), gapSeconds: z.number(), unknownSeconds: z.number() },
      spans: z.array(
        z.looseObject({
          ...{ watching: z.boolean(), from: time, to: time, open: z.boolean() },
          ...{ cause: z.string().optional(), word: z.string().optional() },
        }),
      ),
    }),
  ),
});
