import { z } from 'zod';
import { ruleOf } from '#domain/access/routes.ts';
import type { ErrorCode } from '#domain/errors.ts';
import { errorEntry } from '#domain/errors.ts';
import * as answers from '#web/schema-answers.ts';
import * as input from '#web/schema-input.ts';

interface Operation {
  readonly method: 'get' | 'post';
  /** As in OpenAPI, with `{name}` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly answer: { readonly type: string; readonly schema?: z.ZodType; readonly notYet?: string };
  readonly errors: readonly ErrorCode[];
}

const json = (schema: z.ZodType) => ({ type: 'application/json', schema });
const text = { type: 'text/plain' };
const probe = { ...text, notYet: 'Not yet' };
const acts = [
  'invalid-body',
  'body-too-large',
  'unsupported-media-type',
  'request-header-missing',
  'log-unavailable',
] as const;

/** Every operation of the interface for programs; a test compares it with the routes that are served. */
export const operations: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/emergencies',
    summary: 'Emergencies, newest first',
    query: input.emergencyQuerySchema,
    answer: json(answers.emergencyPageSchema),
    errors: ['invalid-query'],
  },
  {
    method: 'get',
    path: '/api/emergencies/{id}',
    summary: 'One emergency and its story',
    answer: json(answers.emergencyWithStorySchema),
    errors: ['emergency-not-found'],
  },
  {
    method: 'post',
    path: '/api/emergencies/{id}/acknowledge',
    summary: 'Takes a call; the first one has it',
    body: input.acknowledgeBodySchema,
    answer: json(answers.emergencySchema),
    errors: ['emergency-not-found', 'already-acknowledged', 'already-resolved', ...acts, 'outcome-unknown'],
  },
  {
    method: 'post',
    path: '/api/emergencies/{id}/resolve',
    summary: 'Closes a call',
    body: input.resolveBodySchema,
    answer: json(answers.emergencySchema),
    errors: ['emergency-not-found', 'already-resolved', ...acts, 'outcome-unknown'],
  },
  {
    method: 'get',
    path: '/api/stream',
    summary:
      'Server-sent events `emergency` (id: log position), `health`, `ping`; `Last-Event-ID` or `after` resumes, without it every open emergency comes first',
    query: input.streamQuerySchema,
    answer: { type: 'text/event-stream' },
    errors: ['invalid-query', 'too-many-streams'],
  },
  {
    method: 'get',
    path: '/api/audit',
    summary: 'Stored events, one a line',
    query: input.auditQuerySchema,
    answer: { type: 'application/x-ndjson', schema: answers.auditRecordSchema },
    errors: ['invalid-query'],
  },
  {
    method: 'get',
    path: '/api/audit/counts',
    summary: 'How many events a filter finds',
    query: input.auditFilterSchema,
    answer: json(answers.auditCountsSchema),
    errors: ['invalid-query'],
  },
  {
    method: 'post',
    path: '/api/audit/caller',
    summary: 'Stored events that are about a caller, one a line; who that is stands in the body, and is never kept',
    query: input.auditQuerySchema,
    body: input.callerBodySchema,
    answer: { type: 'application/x-ndjson', schema: answers.auditRecordSchema },
    errors: ['invalid-query', ...acts.slice(0, 4)],
  },
  {
    method: 'post',
    path: '/api/audit/caller/counts',
    summary: 'How many events that are about a caller a filter finds',
    query: input.auditFilterSchema,
    body: input.callerBodySchema,
    answer: json(answers.auditCountsSchema),
    errors: ['invalid-query', ...acts.slice(0, 4)],
  },
  {
    method: 'get',
    path: '/api/audit/{id}',
    summary: 'One stored event by id or position, with causes and effects',
    answer: json(answers.auditDetailSchema),
    errors: ['record-not-found'],
  },
  {
    method: 'get',
    path: '/api/quarantine',
    summary: 'Messages that nobody could read, newest first, and until when their bytes are kept; never the bytes',
    query: input.quarantineQuerySchema,
    answer: json(answers.quarantineListSchema),
    errors: ['invalid-query'],
  },
  {
    method: 'post',
    path: '/api/quarantine/{id}/publish',
    summary: 'Publishes the bytes of such a message to the hub again, to be read anew',
    body: input.acknowledgeBodySchema,
    answer: json(answers.startedSchema),
    errors: ['record-not-found', 'refused', ...acts],
  },
  {
    method: 'post',
    path: '/api/erasures/preview',
    summary: 'How much the erasure of a person would take; who that is stands in the body, and is never kept',
    body: input.callerBodySchema,
    answer: json(answers.erasureExtentSchema),
    errors: ['refused', 'not-ready', ...acts],
  },
  {
    method: 'post',
    path: '/api/erasures',
    summary: 'Erases a person for good: destroys the keys that their values are sealed under',
    body: input.eraseBodySchema,
    answer: json(answers.erasedSchema),
    errors: ['refused', 'not-ready', ...acts],
  },
  {
    method: 'get',
    path: '/api/projections',
    summary: 'The read models and where they are',
    answer: json(answers.projectionListSchema),
    errors: [],
  },
  {
    method: 'get',
    path: '/api/projections/{name}/digest',
    summary: 'Digest of a read model, and the position it is of',
    answer: json(answers.projectionDigestSchema),
    errors: ['not-found'],
  },
  {
    method: 'post',
    path: '/api/projections/{name}/rebuild',
    summary: 'Builds a read model anew while the old one serves',
    answer: json(answers.projectionRebuildSchema),
    errors: ['not-found', 'request-header-missing', 'unsupported-media-type'],
  },
  {
    method: 'get',
    path: '/api/credentials',
    summary: 'Who is signed in, until when, and with which permissions',
    answer: json(answers.credentialListSchema),
    errors: [],
  },
  {
    method: 'post',
    path: '/api/credentials/{id}/sign-in',
    summary: 'Begins a sign-in and says which code has to be entered where',
    body: input.signInBodySchema,
    answer: json(answers.pendingSignInSchema),
    errors: ['credential-not-found', 'workflows-away', 'refused', ...acts.slice(0, 4)],
  },
  {
    method: 'post',
    path: '/api/credentials/{id}/sign-in/address',
    summary: 'Finishes a sign-in by browser with the address at which the browser ended',
    body: input.signInAddressBodySchema,
    answer: json(answers.startedSchema),
    errors: ['credential-not-found', 'workflows-away', 'refused', ...acts.slice(0, 4)],
  },
  {
    method: 'post',
    path: '/api/credentials/{id}/revoke',
    summary: 'Forgets a sign-in',
    body: input.revokeBodySchema,
    answer: json(answers.revocationSchema),
    errors: ['credential-not-found', 'workflows-away', 'refused', ...acts.slice(0, 4)],
  },
  {
    method: 'get',
    path: '/api/subscriptions',
    summary: 'What Graph was asked to tell us, until when it does',
    answer: json(answers.subscriptionListSchema),
    errors: [],
  },
  {
    method: 'post',
    path: '/api/subscriptions/{id}/renew',
    summary: 'Renews a subscription now, or as soon as Graph allows it',
    answer: json(answers.renewalSchema),
    errors: ['subscription-not-found', 'workflows-away', 'refused', 'request-header-missing', 'unsupported-media-type'],
  },
  {
    method: 'post',
    path: '/api/subscriptions/{id}/recreate',
    summary: 'Deletes a subscription at Graph and makes it anew',
    answer: json(answers.startedSchema),
    errors: ['subscription-not-found', 'workflows-away', 'refused', 'request-header-missing', 'unsupported-media-type'],
  },
  {
    method: 'post',
    path: '/api/leaving',
    summary:
      'Ends every subscription at Graph and forgets every sign-in, before a tenant is deleted; repeated until `ended`',
    body: input.revokeBodySchema,
    answer: json(answers.leavingSchema),
    errors: ['workflows-away', 'refused', ...acts.slice(0, 4)],
  },
  {
    method: 'get',
    path: '/api/watch',
    summary: 'When each feed was provably watched, and when not and why; the last day unless said',
    query: input.watchQuerySchema,
    answer: json(answers.watchReportSchema),
    errors: ['invalid-query'],
  },
  {
    method: 'post',
    path: '/api/desks',
    summary: 'A browser says that it is there and whether it can be heard',
    body: input.deskBodySchema,
    answer: json(answers.deskCountsSchema),
    errors: acts.slice(0, 4),
  },
  {
    method: 'get',
    path: '/api/health',
    summary: 'How Tocsin itself is: the rows of the admin page',
    answer: json(answers.healthSchema),
    errors: [],
  },
  {
    method: 'get',
    path: '/api/session',
    summary: 'Who is signed in, and what that person may do',
    answer: json(answers.sessionSchema),
    errors: [],
  },
  {
    method: 'post',
    path: '/api/sign-out',
    summary: 'Ends the session of this browser',
    answer: json(answers.signedOutSchema),
    errors: ['request-header-missing', 'unsupported-media-type'],
  },
  {
    method: 'get',
    path: '/api/openapi.json',
    summary: 'This document',
    answer: { type: 'application/json' },
    errors: [],
  },
  { method: 'get', path: '/health/live', summary: 'The process answers', answer: text, errors: [] },
  { method: 'get', path: '/health/ready', summary: 'Calls can be shown', answer: probe, errors: [] },
  {
    method: 'get',
    path: '/health/startup',
    summary: 'The read models have caught up',
    answer: probe,
    errors: [],
  },
  { method: 'get', path: '/metrics', summary: 'Prometheus text format', answer: text, errors: [] },
];

const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};

function parametersOf({ path, query, method }: Operation) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: schemaOf(schema as z.ZodType, 'input'),
  }));
  const header = { name: 'X-Tocsin-Request', in: 'header', required: true, schema: { const: '1' } };
  return [...inPath, ...inQuery, ...(method === 'post' ? [header] : [])];
}

/** What is answered where people sign in, by the table of who may what. */
function ofSignIn(method: Operation['method'], path: string): readonly ErrorCode[] {
  const rule = ruleOf(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x'));
  if (!rule.known || rule.needs.every((need) => need === 'everybody')) return [];
  const acts = rule.needs.includes('calls.act') ? (['not-you'] as const) : [];
  return ['sign-in-required', ...(rule.needs.includes('signed-in') ? [] : (['not-allowed'] as const)), ...acts];
}

function responsesOf({ answer, errors, method, path }: Operation) {
  const byStatus = Map.groupBy(
    [...errors, ...ofSignIn(method, path), 'wrong-host', 'internal'] as ErrorCode[],
    (code) => errorEntry(code).status,
  );
  const problems = [...byStatus].map(([status, codes]) => [
    String(status),
    {
      description: codes.map((code) => `\`${code}\`: ${errorEntry(code).title}`).join('; '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]);
  const content = { [answer.type]: answer.schema === undefined ? {} : { schema: schemaOf(answer.schema, 'output') } };
  const notYet = answer.notYet === undefined ? {} : { 503: { description: answer.notYet, content } };
  return { 200: { description: 'Done', content }, ...notYet, ...Object.fromEntries(problems) };
}

/** The OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0), made from the schemas that check requests. */
export function openApiDocument(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    const { path, method, summary, body } = operation;
    paths[path] = {
      ...paths[path],
      [method]: {
        summary,
        parameters: parametersOf(operation),
        ...(body === undefined
          ? {}
          : { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } } }),
        responses: responsesOf(operation),
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tocsin desk',
      version,
      description: 'Emergency calls of a Microsoft Teams tenant: see, take and close them, and read the record.',
    },
    paths,
    components: { schemas: { Problem: schemaOf(answers.problemSchema, 'output') } },
  };
}
