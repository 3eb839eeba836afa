import { describe, expect, it } from 'vitest';
import { createFakeDeskData } from '#test/support/fake-desk-data.ts';
import { createStore } from '#web/browser/store.ts';

describe('the emergencies that a page knows', () => {
  it('are replaced by what is newer alone', () => {
    const store = createStore();
    const call = createFakeDeskData().raise();
    expect(store.put(call)).toBe(true);
    expect(store.put({ ...call, dialledNumber: '112' })).toBe(false);
    expect(store.put({ ...call, revision: 1, dialledNumber: '112' })).toBe(true);
    expect(store.put(call)).toBe(false);
    expect(store.get(call.id)?.dialledNumber).toBe('112');
  });

  it('are unlocked by the same revision once the key store is back, and never locked again by it', () => {
    const store = createStore();
    const call = createFakeDeskData().raise();
    const { location: _, ...rest } = call;
    const locked = { ...rest, caller: { name: '[locked]' } };
    store.put(locked);
    expect(store.put(locked)).toBe(false);
    expect(store.put(call)).toBe(true);
    expect(store.put(locked)).toBe(false);
    expect(store.get(call.id)).toEqual(call);
  });

  it('name nobody any more who was erased, and are never given the name back by the same revision', () => {
    const store = createStore();
    const call = createFakeDeskData().raise();
    const erased = { ...call, caller: { name: '[erased]' } };
    store.put(call);
    expect(store.put(erased)).toBe(true);
    expect(store.put(call)).toBe(false);
    expect(store.get(call.id)).toEqual(erased);
  });
});
