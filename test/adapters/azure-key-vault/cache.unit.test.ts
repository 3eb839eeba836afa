import { describe, expect, it } from 'vitest';
import { createKeyCache } from '#adapters/azure-key-vault/cache.ts';

const key = { keyId: 'a', key: new Uint8Array(32) };

describe('keys in memory', () => {
  it('are there until something was destroyed', () => {
    const cache = createKeyCache(10, () => 0);
    cache.renew({ etag: '1', erasing: [] });
    cache.keep('1', key, 'user:t/1');
    cache.renew({ etag: '1', erasing: [] });
    expect(cache.ofSubject('user:t/1')).toEqual(key);
    cache.renew({ etag: '2', erasing: [] });
    expect(cache.ofSubject('user:t/1')).toBeUndefined();
    expect(cache.ofId('a')).toBeUndefined();
  });

  it('are not taken in when they were looked for before something was destroyed', () => {
    const cache = createKeyCache(10, () => 0);
    cache.renew({ etag: '1', erasing: [] });
    cache.renew({ etag: '2', erasing: [] });
    cache.keep('1', key, 'user:t/1');
    cache.keepDay('1', 'commitment 2026-11-21', key.key);
    expect(cache.ofSubject('user:t/1')).toBeUndefined();
    expect(cache.ofDay('commitment 2026-11-21')).toBeUndefined();
  });

  it('are given up after ten minutes in any case', () => {
    let now = 0;
    const cache = createKeyCache(10, () => now);
    cache.renew({ etag: '1', erasing: [] });
    cache.keep('1', key);
    now = 599_999;
    cache.renew({ etag: '1', erasing: [] });
    expect(cache.ofId('a')).toBe(key.key);
    now = 600_000;
    cache.renew({ etag: '1', erasing: [] });
    expect(cache.ofId('a')).toBeUndefined();
  });

  it('that are gone stay gone: ids are never used again', () => {
    const cache = createKeyCache(2, () => 0);
    cache.keepGone('a');
    cache.renew({ etag: '2', erasing: [] });
    expect(cache.ofId('a')).toBe('gone');
    cache.keepGone('b');
    cache.keepGone('c');
    expect(cache.ofId('a')).toBeUndefined();
  });
});
