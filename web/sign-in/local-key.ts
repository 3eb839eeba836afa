import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { isLoopbackHost } from '#web/loopback.ts';
import type { LocalKey } from '#web/sign-in/desk-sign-in.ts';

/** The file in the state folder. */
export function localKeyFile(stateDir: string): string {
  return join(stateDir, 'desk-key');
}

/**
 * The key in the state folder, made where there is none. It proves that a command runs as the user of the desk, as nobody else can read it; one that others
 * can read, or that somebody else put there, is replaced.
 */
export function openLocalKey(stateDir: string): LocalKey {
  const file = localKeyFile(stateDir);
  const text = readKey(file) ?? makeKey(stateDir, file);
  return { text, systemUser: userInfo().username };
}

/** For a command: the header that proves it to the desk of this state folder; empty where there is no key. Goes to this machine alone. */
export function localKeyHeader(stateDir: string, deskUrl: string): Readonly<Record<string, string>> {
  const host = URL.parse(deskUrl)?.hostname;
  if (host === undefined || !isLoopbackHost(host)) return {};
  const text = readKey(localKeyFile(stateDir));
  return text === undefined ? {} : { authorization: `Bearer ${text}` };
}

/** Constant time for what was sent. */
export function isLocalKey(key: LocalKey, authorization: string | undefined): boolean {
  const sent = /^Bearer ([\w-]{43})$/.exec(authorization ?? '')?.[1];
  if (sent === undefined) return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(sent), digest(key.text));
}

/** @returns undefined for a file that is not there, is no regular file, is somebody else's, can be read by others, or holds no key */
function readKey(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
  try {
    const { mode, uid, size } = fstatSync(descriptor);
    const own = process.getuid?.() ?? uid;
    if ((mode & constants.S_IFMT) !== constants.S_IFREG || (mode & 0o077) !== 0 || uid !== own || size > 100)
      return undefined;
    return /^[\w-]{43}$/.exec(readFileSync(descriptor, 'utf8').trim())?.[0];
  } finally {
    closeSync(descriptor);
  }
}

function makeKey(stateDir: string, file: string): string {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  for (let attempt = 0; ; attempt += 1) {
    const text = randomBytes(32).toString('base64url');
    try {
      writeFileSync(file, `${text}\n`, { mode: 0o600, flag: 'wx' });
      return text;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === 3) throw error;
      // Another desk of this folder may have been first; what is no key gives way.
      const there = readKey(file);
      if (there !== undefined) return there;
      rmSync(file, { force: true });
    }
  }
}
