import { describe, expect, it } from 'vitest';
import type { AcknowledgeEmergency, EmergencyCommand, ResolveEmergency } from '#domain/emergency/commands.ts';
import { decide } from '#domain/emergency/decide.ts';
import type { EmergencyEvent } from '#domain/emergency/events.ts';
import { fold } from '#domain/emergency/evolve.ts';
import { at, reported, sealed } from '#test/support/calls.ts';

/** Given what happened, when somebody asks for something, then this is what comes of it. */
const given = (...events: readonly EmergencyEvent[]) => ({
  when: (command: EmergencyCommand) => decide(command, fold(events)),
});

const first = reported({ noticeId: 'n1', location: { street: sealed('x') } });
const raised: EmergencyEvent = { type: 'EmergencyRaised', data: { call: first } };
const acknowledge = (byToken: string): AcknowledgeEmergency => ({
  ...{ type: 'AcknowledgeEmergency', by: sealed(byToken), byToken, at: at(10), from: 'desk' },
});
const resolve = (byToken: string, disposition: ResolveEmergency['disposition'] = 'real'): ResolveEmergency => ({
  ...{ type: 'ResolveEmergency', by: sealed(byToken), byToken, at: at(20), disposition, from: 'api' },
});
const done = (command: AcknowledgeEmergency | ResolveEmergency): EmergencyEvent => {
  const { type, ...data } = command;
  const past = type === 'AcknowledgeEmergency' ? 'EmergencyAcknowledged' : 'EmergencyResolved';
  return { type: past, data } as EmergencyEvent;
};
const report = (call: typeof first): EmergencyCommand => ({ type: 'ReportCall', call, match: 'same-provider-id' });
const nothing = { ok: true, events: [] };

describe('an emergency', () => {
  it('is raised by the first report', () => {
    expect(given().when(report(first))).toEqual({ ok: true, events: [raised] });
  });

  it('takes no event of a notice that it has seen', () => {
    expect(given(raised).when(report({ ...first, confidence: 'high', policy: 'Another' }))).toEqual(nothing);
  });

  it('takes no event of a repetition that says the same in other words of the cipher', () => {
    const again = { ...first, noticeId: 'n2', receivedAt: at(500), location: { street: sealed('y') } };
    expect(given(raised).when(report(again))).toEqual(nothing);
  });

  it.each([
    ['a place that was missing', { location: { street: sealed('x'), floor: sealed('x') } }],
    ['a number to call back', { caller: { callbackNumber: sealed('x') } }],
    ['that the call ended', { callEventType: 'callEnded' }],
    ['a reason', { reasons: ['emergency-event', 'roster-updated'] }],
    ['the other feed', { feed: 'chat' as const, emergencyId: 'other' }],
  ])('is enriched by %s', (_, more) => {
    const call = { ...first, noticeId: 'n2', ...more };
    expect(given(raised).when({ type: 'ReportCall', call, match: 'caller-and-time' })).toEqual({
      ok: true,
      events: [{ type: 'EmergencyEnriched', data: { call, match: 'caller-and-time' } }],
    });
  });

  it('is enriched by an edit that only its content token shows, and not by the edit again', () => {
    const original: EmergencyEvent = { type: 'EmergencyRaised', data: { call: { ...first, contentToken: 'a' } } };
    const edit = { ...first, noticeId: 'n2', contentToken: 'b' };
    const decision = given(original).when(report(edit));
    expect(decision).toMatchObject({ ok: true, events: [{ type: 'EmergencyEnriched' }] });
    const events = decision.ok ? decision.events : [];
    expect(given(original, ...events).when(report({ ...edit, noticeId: 'n3' }))).toEqual(nothing);
    expect(given(original).when(report({ ...first, noticeId: 'n3', contentToken: 'a' }))).toEqual(nothing);
  });

  it('is not set back by what was told before, judged again after another report', () => {
    const started: EmergencyEvent = { type: 'EmergencyRaised', data: { call: { ...first, contentToken: 'a' } } };
    const over = { ...first, noticeId: 'n2', callEventType: 'callEnded' as const, contentToken: 'b' };
    const decision = given(started).when(report(over));
    const events = decision.ok ? decision.events : [];
    expect(events).toMatchObject([{ type: 'EmergencyEnriched' }]);
    const repeated = report({ ...first, noticeId: 'n3', contentToken: 'a' });
    expect(given(started).when(repeated)).toEqual(nothing);
    expect(given(started, ...events).when(repeated)).toEqual(nothing);
  });

  it('is never resolved, opened again or taken from anybody by a report', () => {
    const ended = report({ ...first, noticeId: 'n2', callEventType: 'callEnded', reasons: ['call-ended'] });
    for (const acts of [[], [done(acknowledge('ana'))], [done(acknowledge('ana')), done(resolve('bo'))]]) {
      const before = fold([raised, ...acts]);
      const decision = decide(ended, before);
      expect(decision).toMatchObject({ ok: true, events: [{ type: 'EmergencyEnriched' }] });
      const after = fold(decision.ok ? decision.events : [], before);
      expect(after.status).toBe(before.status);
      expect({ ...after, call: 0, notices: 0 }).toEqual({ ...before, call: 0, notices: 0 });
    }
  });

  it('refuses a report of another call once people are done with it', () => {
    const other = report({ ...first, noticeId: 'n2', emergencyId: 'another-call' });
    expect(given(raised, done(resolve('bo'))).when(other)).toMatchObject({ ok: false, reason: 'already-resolved' });
  });

  it('is linked once to each other emergency', () => {
    const link = { type: 'LinkEmergency', to: 'other', why: 'redial' } as const;
    const linked: EmergencyEvent = { type: 'EmergencyLinked', data: { to: 'other', why: 'redial' } };
    expect(given().when(link)).toEqual({ ok: false, reason: 'not-found' });
    expect(given(raised).when(link)).toEqual({ ok: true, events: [linked] });
    expect(given(raised, linked).when({ ...link, why: 'same-chat' })).toEqual(nothing);
  });

  it('belongs to whoever acknowledges first', () => {
    expect(given().when(acknowledge('ana'))).toEqual({ ok: false, reason: 'not-found' });
    expect(given(raised).when(acknowledge('ana'))).toMatchObject({ ok: true, events: [{ data: { byToken: 'ana' } }] });
    const taken = given(raised, done(acknowledge('ana')));
    expect(taken.when(acknowledge('ana'))).toEqual(nothing);
    expect(taken.when(acknowledge('bo'))).toMatchObject({
      ...{ ok: false, reason: 'already-acknowledged', acknowledged: { byToken: 'ana', at: at(10) } },
    });
  });

  it('is resolved once, by anybody, acknowledged or not', () => {
    expect(given().when(resolve('bo'))).toEqual({ ok: false, reason: 'not-found' });
    expect(given(raised).when(resolve('bo'))).toMatchObject({ ok: true, events: [{ type: 'EmergencyResolved' }] });
    const resolved = given(raised, done(acknowledge('ana')), done(resolve('bo', 'test')));
    expect(resolved.when(resolve('bo', 'test'))).toEqual(nothing);
    expect(resolved.when(resolve('bo', 'real'))).toMatchObject({ ok: false, reason: 'already-resolved' });
    expect(resolved.when(resolve('cy', 'test'))).toMatchObject({ ok: false, resolved: { byToken: 'bo' } });
    expect(resolved.when(acknowledge('ana'))).toMatchObject({ ok: false, reason: 'already-resolved' });
  });

  it('is not changed by events that cannot follow', () => {
    const taken = [raised, done(acknowledge('ana'))];
    expect(fold([...taken, done(acknowledge('bo')), raised])).toEqual(fold(taken));
    expect(fold([done(acknowledge('ana')), done(resolve('bo'))])).toEqual({ status: 'none' });
  });
});
