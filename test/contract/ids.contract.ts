import { describe, expect, it } from 'vitest';
import { isUuid } from '#kernel/uuid.ts';
import type { Ids } from '#ports/ids.ts';

/** What every source of ids and chance must do. */
export function describeIds(name: string, factory: () => Ids): void {
  describe(`ids: ${name}`, () => {
    it('are UUIDs of version 4 in lower case, never the same twice', () => {
      const ids = factory();
      const made = Array.from({ length: 1000 }, () => ids.random());
      expect(new Set(made).size).toBe(1000);
      expect(made.every((id) => isUuid(id) && id === id.toLowerCase() && id[14] === '4')).toBe(true);
    });

    it('give fractions in [0, 1) that spread over the whole of it', () => {
      const ids = factory();
      const made = Array.from({ length: 1000 }, () => ids.fraction());
      expect(made.every((fraction) => fraction >= 0 && fraction < 1)).toBe(true);
      expect(new Set(made.map((fraction) => Math.floor(fraction * 10))).size).toBe(10);
    });
  });
}
