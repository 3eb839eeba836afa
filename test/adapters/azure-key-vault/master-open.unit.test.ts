import { describe, expect, it } from 'vitest';
import type { Blobs } from '#adapters/azure-key-vault/blobs.ts';
import { open } from '#adapters/azure-key-vault/master-open.ts';
import type { VaultKey } from '#adapters/azure-key-vault/vault-key.ts';

const version = 'a'.repeat(32);
const unused = () => Promise.reject(new Error('not asked for'));

/** A key that wraps by turning each byte round. */
const vault: VaultKey = {
  url: 'https://kv-contoso.vault.azure.net/keys/master',
  version: async () => ({ ok: true, value: version }),
  wrap: async (_, key) => ({ ok: true, value: key.map((byte) => byte ^ 0xff) }),
  unwrap: async (_, wrapped) => ({ ok: true, value: wrapped.map((byte) => byte ^ 0xff) }),
  close: () => {},
};

/** A container in memory. @param onList is told before names are listed */
function container(onList: (kept: Map<string, Buffer>) => void = () => {}): Blobs {
  const kept = new Map<string, Buffer>();
  return {
    async get(name) {
      const bytes = kept.get(name);
      return bytes === undefined ? { ok: true, found: 'no' } : { ok: true, found: 'yes', bytes, etag: '1', ageMs: 0 };
    },
    async create(name, bytes) {
      if (kept.has(name)) return { ok: false, reason: 'conflict' };
      kept.set(name, Buffer.from(bytes));
      return { ok: true, etag: '1' };
    },
    async list(prefix) {
      onList(kept);
      return { ok: true, names: [...kept.keys()].filter((name) => name.startsWith(prefix)) };
    },
    ...{ replace: unused, remove: unused, close: () => {} },
  };
}

describe('the master key of a container', () => {
  it('is the one of another process that made it, and keys under it, just after this one had looked', async () => {
    const others = container();
    const made = await open(others, vault, true);
    const record = await others.get('master.json');
    if (!made.ok || !record.ok || record.found !== 'yes') throw new Error('nothing was made');
    const opened = await open(
      container((kept) => kept.set('master.json', record.bytes).set('secrets/one', Buffer.from('x'))),
      vault,
      true,
    );
    expect(opened).toMatchObject({ ok: true, master: made.master });
  });

  it('is missed where there are keys without it', async () => {
    const without = container((kept) => kept.set('keys/one', Buffer.from('x')));
    await expect(open(without, vault, true)).rejects.toThrow(
      /master\.json, the master key that wraps them, is missing/,
    );
  });
});
