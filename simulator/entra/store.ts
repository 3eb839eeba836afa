import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Clock } from '#ports/clock.ts';

/** What has to survive a restart: grants, codes, tokens, sessions, revocations. */
export interface EntraStore {
  /** The adapter of one model of oidc-provider. */
  adapter(model: string): Adapter;
  /** Ids of all grants, or of those of some applications. */
  grants(clientIds?: ReadonlySet<string>): ReadonlySet<string>;
  /** Revokes for good, and ends the browser sessions. */
  revoke(grantIds: ReadonlySet<string>): void;
  revoked(grantId: string): boolean;
  /** Device codes, newest last; their times in milliseconds of the simulated clock. */
  deviceCodes(): readonly StoredDeviceCode[];
  /** A secret made on first use. */
  secret(name: string, make: () => string): string;
  close(): void;
}

export interface StoredDeviceCode {
  readonly userCode: string;
  readonly clientId: string;
  readonly scope: string;
  readonly expiresAt: number;
  readonly answered: boolean;
}

const schema = `
  CREATE TABLE IF NOT EXISTS artifacts (
    model TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL, expires INTEGER, grant_id TEXT, uid TEXT, user_code TEXT,
    PRIMARY KEY (model, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS by_grant ON artifacts (grant_id);
  CREATE INDEX IF NOT EXISTS by_user_code ON artifacts (user_code) WHERE user_code IS NOT NULL;
  CREATE INDEX IF NOT EXISTS by_uid ON artifacts (uid) WHERE uid IS NOT NULL;
  CREATE TABLE IF NOT EXISTS revoked (grant_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

const times = ['iat', 'exp', 'iiat', 'authTime', 'loginTs'] as const;

/**
 * oidc-provider reads the machine's clock, the simulator has one of its own: times are kept by the simulated clock and translated on the way in
 * and out, so that everything runs out when the simulated clock says so.
 */
export function openEntraStore(folder: string, clock: Clock): EntraStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'entra.sqlite');
  closeSync(openSync(file, 'a', 0o600));
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  db.exec(schema);
  const aheadSeconds = () => Math.round((clock.now() - Date.now()) / 1000);
  // Some time later, so that a late client hears that its code or token ran out, and not that there never was one.
  db.prepare("DELETE FROM artifacts WHERE expires < ?1 - iif(model = 'RefreshToken', 90, 1) * 86400").run(
    Math.floor(clock.now() / 1000),
  );

  const put = db.prepare(
    'INSERT OR REPLACE INTO artifacts (model, id, payload, expires, grant_id, uid, user_code) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const byId = db.prepare('SELECT payload FROM artifacts WHERE model = ? AND id = ?');
  const byUid = db.prepare('SELECT payload FROM artifacts WHERE model = ? AND uid = ?');
  const byUserCode = db.prepare('SELECT payload FROM artifacts WHERE model = ? AND user_code = ?');
  const remove = db.prepare('DELETE FROM artifacts WHERE model = ? AND id = ?');
  const removeGrant = db.prepare('DELETE FROM artifacts WHERE model = ? AND grant_id = ?');
  const all = db.prepare('SELECT payload FROM artifacts WHERE model = ? ORDER BY expires');
  const isRevoked = db.prepare('SELECT 1 FROM revoked WHERE grant_id = ?');
  const addRevoked = db.prepare('INSERT OR IGNORE INTO revoked (grant_id) VALUES (?)');
  const getSecret = db.prepare('SELECT value FROM secrets WHERE name = ?');
  const putSecret = db.prepare('INSERT INTO secrets (name, value) VALUES (?, ?)');

  const read = (row: unknown): AdapterPayload | undefined =>
    row === undefined ? undefined : (JSON.parse((row as { payload: string }).payload) as AdapterPayload);
  const write = (model: string, id: string, payload: AdapterPayload) => {
    const grantId = model === 'Grant' ? id : (payload.grantId ?? null);
    put.run(
      model,
      id,
      JSON.stringify(payload),
      payload.exp ?? null,
      grantId,
      payload.uid ?? null,
      payload.userCode ?? null,
    );
  };
  const shifted = (payload: AdapterPayload | undefined, seconds: number): AdapterPayload | undefined => {
    if (payload === undefined || seconds === 0) return payload;
    const moved: AdapterPayload = { ...payload };
    for (const name of times) if (moved[name] !== undefined) moved[name] += seconds;
    return moved;
  };

  return {
    adapter: (model) => ({
      upsert: async (id, payload) => write(model, id, shifted(payload, aheadSeconds()) ?? payload),
      find: async (id) => shifted(read(byId.get(model, id)), -aheadSeconds()),
      findByUid: async (uid) => shifted(read(byUid.get(model, uid)), -aheadSeconds()),
      findByUserCode: async (code) => shifted(read(byUserCode.get(model, code)), -aheadSeconds()),
      consume: async (id) => {
        // Entra does not revoke a refresh token on use (learn.microsoft.com, "Refresh tokens in the Microsoft identity platform").
        if (model === 'RefreshToken') return;
        const payload = read(byId.get(model, id));
        if (payload !== undefined) write(model, id, { ...payload, consumed: Math.floor(clock.now() / 1000) });
      },
      destroy: async (id) => void remove.run(model, id),
      revokeByGrantId: async (grantId) => void removeGrant.run(model, grantId),
    }),
    grants: (clientIds) =>
      new Set(
        all.all('Grant').flatMap((row) => {
          const { jti, clientId } = read(row) ?? {};
          return jti !== undefined && (clientIds === undefined || clientIds.has(clientId ?? '')) ? [jti] : [];
        }),
      ),
    revoke: (grantIds) => {
      for (const id of grantIds) addRevoked.run(id);
      db.exec("DELETE FROM artifacts WHERE model = 'Session'");
    },
    revoked: (grantId) => isRevoked.get(grantId) !== undefined,
    deviceCodes: () =>
      all.all('DeviceCode').map((row) => {
        const code = read(row);
        return {
          userCode: code?.userCode ?? '',
          clientId: code?.clientId ?? '',
          scope: String(code?.params?.['scope'] ?? ''),
          expiresAt: (code?.exp ?? 0) * 1000,
          answered: code?.accountId !== undefined || code?.error !== undefined,
        };
      }),
    secret: (name, make) => {
      const kept = getSecret.get(name);
      if (kept !== undefined) return (kept as { value: string }).value;
      const value = make();
      putSecret.run(name, value);
      return value;
    },
    close: () => db.close(),
  };
}
