import type { Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { Secrets } from '#ports/secrets.ts';
import type { WorkflowVisibility } from '#ports/workflow-visibility.ts';
import { createManualClock } from '#simulator/manual-clock.ts';
import { createMemorySecrets } from '#simulator/memory-secrets.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import { leaveTenant, leavingUntil } from '#workflows/leaving.ts';

const minute = 60_000;

/** A Temporal in which nothing runs. */
function setUp() {
  const clock = createManualClock(Date.parse('2026-11-21T12:00:00Z'));
  const secrets = createMemorySecrets({ clock, ids: createSeededIds(1) });
  const removed: string[] = [];
  const visibility: WorkflowVisibility = {
    list: async () => ({ ok: true, entities: [], more: false }),
    count: async () => ({ ok: true, count: 0 }),
    ensureSchedule: async () => ({ ok: true, changed: true }),
    removeSchedule: async (id) => {
      removed.push(id);
      return { ok: true, changed: true };
    },
  };
  return { clock, secrets, visibility, removed, client: {} as Client };
}

describe('leaving a tenant', () => {
  it('is done where nothing runs, and keeps anybody from starting anything for half an hour', async () => {
    const world = setUp();
    expect(await leavingUntil(world)).toBeUndefined();
    expect(await leaveTenant(world)).toEqual({ ended: true, subscriptions: [], credentials: [], waiting: [] });
    expect(world.removed).toEqual(['reconcile']);
    expect(await leavingUntil(world)).toBe(world.clock.now() + 30 * minute);
    world.clock.advance(20 * minute);
    await leaveTenant(world);
    world.clock.advance(29 * minute);
    expect(await leavingUntil(world)).toBeDefined();
    world.clock.advance(2 * minute);
    expect(await leavingUntil(world)).toBeUndefined();
  });

  it('is refused while nobody could be kept from starting things again', async () => {
    const world = setUp();
    const away = async () => ({ ok: false, reason: 'unavailable', detail: 'the vault does not answer' }) as const;
    const secrets: Secrets = { ...world.secrets, write: away };
    await expect(leaveTenant({ ...world, secrets })).rejects.toThrow('the vault does not answer');
    expect(world.removed).toEqual([]);
  });

  it('is not guessed while the key store is away: the tenant is watched', async () => {
    const { clock, secrets } = setUp();
    const away: Secrets = { ...secrets, read: async () => ({ ok: false, reason: 'unavailable', detail: 'away' }) };
    expect(await leavingUntil({ clock, secrets: away })).toBeUndefined();
    const broken: Secrets = { ...secrets, read: () => Promise.reject(new Error('broken')) };
    expect(await leavingUntil({ clock, secrets: broken })).toBeUndefined();
  });
});
