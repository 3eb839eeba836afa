import { describe, expect, it } from 'vitest';
import { knownFrom, mergeReport } from '#domain/emergency/merge.ts';
import { readCallReport, readEmergencyEvent } from '#domain/emergency/read.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import { callReport, inboxEvent, reported } from '#test/support/calls.ts';

const broken: readonly (readonly [string, { readonly [field: string]: Json }])[] = [
  ['a caller that is null', { caller: null }],
  ['a place that is null', { location: null }],
  ['a caller that is text', { caller: 'Ana' }],
  ['a place that is a list', { location: [] }],
  ['a time that is null', { occurredAt: null }],
  ['a number and a chat that are null', { dialledNumber: null, chatToken: null }],
];

describe('a stored report', () => {
  it.each(broken)('is read without %s', (_, more) => {
    const { caller: _caller, location: _location, ...bare } = callReport();
    const fields = Object.keys(more);
    const event = inboxEvent();
    const stored = { ...event, data: { ...event.data, data: { call: { ...bare, ...more } as unknown as JsonObject } } };
    const report = readCallReport({ ...stored, id: 'n', metadata: stored.metadata });
    expect(report).toMatchObject({ emergencyId: bare.emergencyId, feed: 'events' });
    for (const field of fields) expect(report).not.toHaveProperty(field);

    const call = { ...reported(), ...more } as unknown as JsonObject;
    const read = readEmergencyEvent({ type: 'EmergencyEnriched', data: { call, match: 'same-chat' }, metadata: {} });
    expect(read).toMatchObject({ type: 'EmergencyEnriched', data: { match: 'same-chat' } });
    for (const field of fields) expect(read).not.toHaveProperty(`data.call.${field}`);
  });

  it.each(broken.slice(0, 4))('with %s takes nothing from what is known', (_, more) => {
    const known = knownFrom(reported());
    const { caller, location } = known;
    const merged = mergeReport(known, { ...reported({ noticeId: 'n2' }), ...more } as never);
    for (const [name, group] of Object.entries({ caller, location }))
      if (name in more) expect(merged[name as 'caller']).toEqual(group);
  });

  it('loses no field to one that is null', () => {
    const { caller } = reported();
    const known = knownFrom(reported({ ...(caller === undefined ? {} : { caller }) }));
    expect(mergeReport(known, reported({ caller: { name: null } as never })).caller).toEqual(caller);
  });
});
