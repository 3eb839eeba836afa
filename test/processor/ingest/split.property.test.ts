import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitByLimit } from '#processor/ingest/split.ts';

const events = fc.array(fc.record({ size: fc.integer({ min: 1, max: 2000 }) }), { maxLength: 200 });

describe('splitting a batch', () => {
  it('keeps every event once and in order, and every part below its limits unless one event alone is larger', () => {
    fc.assert(
      fc.property(
        events,
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 50 }),
        (all, maxBytes, maxEvents) => {
          const parts = splitByLimit(all, maxBytes, maxEvents);
          expect(parts.flat()).toEqual(all);
          for (const part of parts) {
            const bytes = part.reduce((sum, { size }) => sum + size, 0);
            expect(part.length).toBeLessThanOrEqual(maxEvents);
            expect(bytes <= maxBytes || part.length === 1).toBe(true);
          }
        },
      ),
    );
  });
});
