import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeSelfSigned } from '#adapters/crypto/self-signed.ts';
import { createMemoryEventLog } from '#test/support/memory-event-log.ts';
import { createFakeSecrets } from '#test/workflows/fakes.ts';
import { notificationCertificate } from '#workflows/activities/notification-certificate.ts';
import { record } from '#workflows/activities/record.ts';
import { resourceOf, sameResource } from '#workflows/activities/subscription-request.ts';
import { identityTrouble, troubleOf } from '#workflows/activities/trouble.ts';
import { searchAttributes, streamOf, subscriptionWorkflowId } from '#workflows/contract.ts';
import { desiredBy, policySubscriptionId } from '#workflows/desired.ts';

const clock = { now: () => Date.UTC(2026, 0, 1), monotonic: () => 0, sleep: async () => undefined };
const recordedBy = { role: 'worker', build: 'test' };
const decision = (seq: number, run = 'run-1') => ({
  ...{ run, seq, type: 'CredentialRevoked', data: { why: `reason ${seq}` } },
});

describe('putting decisions on record', () => {
  it('writes each once, however often it is told and whatever others write in between', async () => {
    const log = createMemoryEventLog();
    const deps = { log, clock, recordedBy };
    const first = { stream: 'credential-chat', decisions: [decision(1), decision(2)] };
    let lost = 0;
    log.faults = () => (lost++ === 0 ? 'lost-answer' : undefined);
    await record(deps, first);
    log.faults = undefined;
    await log.append('credential-chat', 1, [
      { id: '00000000-0000-4000-8000-000000000001', type: 'CredentialRevoked', data: { why: 'by hand' }, metadata: {} },
    ]);
    await record(deps, first);
    await record(deps, { ...first, decisions: [decision(2), decision(3)] });
    expect(log.stream('credential-chat').map(({ data }) => data['why'])).toEqual([
      'reason 1',
      'reason 2',
      'by hand',
      'reason 3',
    ]);
  });

  it('does not take the first decision after Temporal lost everything for one that was made before', async () => {
    const log = createMemoryEventLog();
    const deps = { log, clock, recordedBy };
    await record(deps, { stream: 'credential-chat', decisions: [decision(1)] });
    await record(deps, { stream: 'credential-chat', decisions: [decision(1, 'run-2')] });
    expect(log.stream('credential-chat')).toHaveLength(2);
  });

  it('is tried again by Temporal while the log is away', async () => {
    const log = createMemoryEventLog();
    log.faults = () => ({ ok: false, reason: 'unavailable', detail: 'away' });
    const input = { stream: 'credential-chat', decisions: [decision(1)] };
    await expect(record({ log, clock, recordedBy }, input)).rejects.toMatchObject({
      type: 'log-away',
      nonRetryable: false,
    });
  });
});

describe('decisions that the log refuses for good', () => {
  const refusing = () => {
    const log = createMemoryEventLog();
    log.faults = (_stream, events) =>
      events.some(({ data }) => data['why'] === 'reason 2') ? { ok: false, reason: 'too-large', limit: 1 } : undefined;
    const aside: { readonly seq: number; readonly reason: string }[] = [];
    const write = (attempt: number) =>
      record(
        { log, clock, recordedBy },
        { stream: 'credential-chat', decisions: [decision(1), decision(2), decision(3)] },
        { attempt, aside: ({ seq }, reason) => aside.push({ seq, reason }) },
      );
    return { log, aside, write, reasons: () => log.stream('credential-chat').map(({ data }) => data['why']) };
  };

  it('are tried some times, and then put aside and named, so that those after them come on record', async () => {
    const { aside, write, reasons } = refusing();
    for (const attempt of [1, 4]) await expect(write(attempt)).rejects.toMatchObject({ type: 'log-refuses' });
    expect(aside).toEqual([]);
    await write(5);
    expect(aside).toEqual([{ seq: 2, reason: 'too-large' }]);
    expect(reasons()).toEqual(['reason 1', 'reason 3']);
  });

  it('are taken one by one where the log refuses only how much it is together', async () => {
    const { log, aside, write, reasons } = refusing();
    log.faults = (_stream, events) => (events.length > 1 ? { ok: false, reason: 'too-large', limit: 1 } : undefined);
    await write(1);
    expect(aside).toEqual([]);
    expect(reasons()).toEqual(['reason 1', 'reason 2', 'reason 3']);
  });
});

describe('troubles', () => {
  const graph = (
    reason: 'unauthorised' | 'forbidden' | 'quota' | 'not-found' | 'rejected' | 'unavailable' | 'unknown-outcome',
  ) => troubleOf({ ok: false, reason, detail: 'detail' }, 'graph');

  it('have a word for operators, what is wrong and what to do, each', () => {
    expect(graph('forbidden')).toMatchObject({ word: 'admin-must-act', kind: 'later' });
    expect(graph('quota')).toMatchObject({ word: 'quota', kind: 'later' });
    expect(graph('not-found')).toMatchObject({ word: 'gone', kind: 'gone' });
    expect(graph('unavailable')).toMatchObject({ word: 'graph-away', kind: 'soon' });
    expect(graph('unknown-outcome')).toMatchObject({ kind: 'unknown-outcome' });
    expect(graph('rejected')).toMatchObject({ word: 'our-fault', kind: 'later' });
    expect(graph('unauthorised')).toMatchObject({ word: 'sign-in-again', kind: 'later' });
    const throttled = troubleOf({ ok: false, reason: 'throttled', detail: 'x', retryAfterMs: 7_000 }, 'graph');
    expect(throttled).toMatchObject({ word: 'throttled', kind: 'soon', retryAfterMs: 7_000 });
    expect(troubleOf({ ok: false, reason: 'unavailable', detail: 'x' }, 'key-store')).toMatchObject({
      word: 'key-store-away',
    });
  });

  it('end their sentence once, whatever Graph ends its own with', () => {
    const detail = 'Access token validation failure.';
    expect(troubleOf({ ok: false, reason: 'unauthorised', detail }, 'graph')).toMatchObject({
      what: 'Graph does not take the token: Access token validation failure.',
    });
  });

  it('keep the id that a support case asks for, and nothing that is no id', () => {
    const failure = { ok: false, reason: 'unavailable', detail: 'HTTP 503' } as const;
    expect(troubleOf({ ...failure, requestId: 'a1b2-c3' }, 'graph')).toMatchObject({ supportId: 'a1b2-c3' });
    expect(troubleOf({ ...failure, requestId: 'not an id: x@example.org' }, 'graph')).not.toHaveProperty('supportId');
    expect(troubleOf(failure, 'graph')).not.toHaveProperty('supportId');
    const trouble = { kind: 'back-off', code: '503', what: 'away', next: 'Nothing.' } as const;
    expect(identityTrouble({ ...trouble, correlationId: 'of-entra', traceId: 'trace' })).toMatchObject({
      supportId: 'of-entra',
    });
    expect(
      troubleOf({ ok: false, reason: 'identity', trouble: { ...trouble, traceId: 'trace' } }, 'graph'),
    ).toMatchObject({ supportId: 'trace' });
  });

  it('of the identity are for the credential to see to when they were met on the way to Graph', () => {
    const trouble = { kind: 'admin-must-act', code: 'AADSTS53003', what: 'blocked', next: 'exclude it' } as const;
    expect(identityTrouble(trouble, true)).toMatchObject({ word: 'admin-must-act', kind: 'credential' });
    expect(identityTrouble(trouble)).toMatchObject({ kind: 'soon', identity: 'admin-must-act' });
    expect(identityTrouble({ ...trouble, kind: 'back-off', code: '429' }, true)).toMatchObject({
      word: 'throttled',
      kind: 'soon',
    });
  });
});

describe('certificates for rich notifications', () => {
  it('are self-signed, belong to their key, and are made once for an id', async () => {
    const { secrets, text } = createFakeSecrets();
    const deps = { secrets, clock, makeCertificate: makeSelfSigned };
    const first = await notificationCertificate(deps, 'tocsin-1');
    const again = await notificationCertificate(deps, 'tocsin-1');
    expect(again).toEqual(first);
    const pem = text('notification-key/tocsin-1') ?? '';
    const certificate = new X509Certificate(pem);
    expect(certificate.checkPrivateKey(createPrivateKey(pem))).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.subject).toBe('CN=tocsin-1');
    expect(certificate.publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048 });
    expect(Date.parse(certificate.validTo)).toBeGreaterThan(clock.now() + 365 * 86_400_000);
    if (first.ok)
      expect(new X509Certificate(Buffer.from(first.value.certificate, 'base64')).raw).toEqual(certificate.raw);
  });
});

describe('names', () => {
  it('of entities tell nobody the name of a policy, and are streams of the log', () => {
    const { subscriptions, credentials } = desiredBy({
      chat: { content: 'basic' },
      events: { method: 'certificate', apiVersion: 'beta', policies: ['Emergency Oslo', 'Emergency Oslo', "O'Hare"] },
    });
    expect(subscriptions.map(({ id }) => id)).toEqual([
      'chat',
      policySubscriptionId('Emergency Oslo'),
      policySubscriptionId("O'Hare"),
    ]);
    expect(policySubscriptionId('Emergency Oslo')).toMatch(/^events\/[0-9a-f]{12}$/);
    expect(streamOf(subscriptionWorkflowId('events/0123456789ab'))).toBe('subscription-events-0123456789ab');
    expect(credentials[1]?.dependents).toHaveLength(2);
    expect(resourceOf(subscriptions[2]!, undefined)).toBe(
      "communications/calls/getEmergencyEventsByPolicy(policyName='O''Hare')",
    );
    expect(sameResource('/users/A/chats/getAllMessages?model=B', 'users/a/chats/getAllMessages')).toBe(true);
  });

  it('of search attributes are the four that the worker registers', () => {
    expect(Object.values(searchAttributes).map(({ name }) => name)).toEqual([
      'TocsinState',
      'TocsinExpiresAt',
      'TocsinFeed',
      'TocsinKind',
    ]);
  });
});
