import { describe, expect, it } from 'vitest';
import { emergencyIdOf, inboxEventId, incarnationOf } from '#domain/names.ts';
import { isUuid, uuid5 } from '#kernel/uuid.ts';

describe('name-based UUIDs', () => {
  it('are those of RFC 9562 appendix A.4', () => {
    expect(uuid5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
  });

  it('refuse a namespace that is no UUID', () => {
    expect(() => uuid5('nonsense', 'x')).toThrow(TypeError);
    expect(isUuid('2ed6657d-e927-568b-95e1-2665a8aea6a2')).toBe(true);
    expect(isUuid('2ed6657d-e927-568b-95e1-2665a8aea6a')).toBe(false);
  });
});

describe('ids of stored events', () => {
  // Vectors: whoever derives ids again, in any language, must come to these.
  it('never change', () => {
    const incarnation = incarnationOf({
      namespace: 'Contoso.servicebus.windows.net',
      hub: 'Teams-Emergency',
      createdAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    });
    expect(incarnation).toBe('contoso.servicebus.windows.net/teams-emergency@2026-01-02T03:04:05.678Z');
    expect(inboxEventId(incarnation, '3', 41, 2)).toBe('be184dcf-e1de-51b2-bafa-74f8ce269e77');
    expect(emergencyIdOf('events', '00000000-0000-0000-0000-0000000000AA', 'call-1')).toBe(
      '8666a5bb-f3df-53d6-8b92-b4ede75b52aa',
    );
  });
});
