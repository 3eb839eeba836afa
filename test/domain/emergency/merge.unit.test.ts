import { describe, expect, it } from 'vitest';
import { knownFrom, mergeReport } from '#domain/emergency/merge.ts';
import { at, reported, sealed } from '#test/support/calls.ts';

const merged = (...reports: readonly ReturnType<typeof reported>[]) => {
  const [first, ...rest] = reports;
  return rest.reduce(mergeReport, knownFrom(first!));
};
const forgedReasons = ['known-phrase', 'client-state-mismatch'];

describe('what several reports say about one call', () => {
  const [chatStreet, chatFloor, street, city] = [sealed('a'), sealed('b'), sealed('c'), sealed('d')];
  const chat = reported({
    feed: 'chat',
    call: 'm',
    location: { street: chatStreet, floor: chatFloor },
    occurredAt: at(4),
  });
  const events = reported({ location: { street, city }, caller: { upn: sealed('u') } });

  it('takes structured fields over a reading of text, and fills the holes, whichever came first', () => {
    const expected = { street, city, floor: chatFloor };
    expect(merged(chat, events).location).toEqual(expected);
    expect(merged(events, chat).location).toEqual(expected);
    expect(merged(events, chat)).toMatchObject({ occurredAt: at(0), text: chat.text, dialledNumber: '911' });
  });

  it('erases nothing', () => {
    const { location: _, caller: __, dialledNumber: ___, policy: ____, occurredAt: _____, ...bare } = events;
    const known = merged(events, chat);
    const { receivedAt: _before, ...rest } = known;
    expect(mergeReport(known, { ...bare, noticeId: 'late' })).toMatchObject(rest);
  });

  it('takes the later of two that are equally good', () => {
    const moved = sealed('e');
    expect(merged(events, { ...events, location: { street: moved } }).location).toEqual({ street: moved, city });
  });

  it('never makes a point of two reports', () => {
    const point = { latitude: sealed('p', 'number'), longitude: sealed('p', 'number') };
    const half = { ...events, location: { latitude: sealed('q', 'number') } };
    expect(merged({ ...events, location: point }, half).location).toEqual(point);
    expect(merged({ ...events, location: {} }, half).location).toBeUndefined();
  });

  it('keeps the time of the call though its end is reported later', () => {
    expect(merged(events, { ...events, occurredAt: at(700) }).occurredAt).toBe(at(0));
    expect(merged({ ...events, occurredAt: at(700) }, events).occurredAt).toBe(at(0));
  });

  it('is a test only where every report that can know says so', () => {
    const test = reported({ test: true, dialledNumber: '933' });
    // A number in a message's text may be that of a house.
    const message = { ...chat, dialledNumber: '933' };
    expect(merged(message).test).toBe(false);
    expect(merged(message, test).test).toBe(true);
    expect(merged(test, message).test).toBe(true);
    expect(merged(test, events).test).toBe(false);
    expect(merged(events, test).test).toBe(false);
  });

  it('is no test once a notice to be believed names a number that is not the test number, whichever came first', () => {
    const test = reported({ test: true, dialledNumber: '933' });
    const message = { ...chat, dialledNumber: '911' };
    const edited = { ...message, noticeId: 'edited', dialledNumber: '933' };
    expect(merged(message, test).test).toBe(false);
    expect(merged(test, message).test).toBe(false);
    expect(merged(message, test, { ...test, callEventType: 'callEnded' }).test).toBe(false);
    expect(merged(chat, test, message).test).toBe(false);
    expect(merged(message, edited, test).test).toBe(false);
    const forged = { ...message, reasons: forgedReasons };
    expect(merged(test, forged).test).toBe(true);
    expect(merged(chat, { ...test, reasons: forgedReasons }).test).toBe(false);
  });

  it('lets a notice with a wrong secret fill holes and do nothing else', () => {
    const forged = reported({
      reasons: forgedReasons,
      test: true,
      location: { street: sealed('f'), room: sealed('f') },
    });
    const known = merged(events, forged);
    expect(known).toMatchObject({ test: false, verified: true, trusted: true, confidence: 'high' });
    expect(known.location).toMatchObject({ street, city });
    expect(merged(forged)).toMatchObject({ verified: false, trusted: false, confidence: 'low' });
    expect(merged(forged, events)).toMatchObject({ test: false, verified: true, trusted: true, location: { street } });
  });

  it('is verified once a report is more than a doubt', () => {
    const doubt = reported({ feed: 'chat', call: 'm', confidence: 'low' });
    expect(merged(doubt).verified).toBe(false);
    expect(merged(doubt, events)).toMatchObject({ verified: true, confidence: 'high', feeds: ['chat', 'events'] });
  });
});
