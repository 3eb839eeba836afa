import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * Words that stand in what people wrote and are, one prefix for each kind: whatever holds the prefix holds some of it, even where the rest was cut off.
 * Ids must look like ids, so theirs are hexadecimal.
 */
export const canaryKinds = {
  content: 'Quohzaivee',
  name: 'Thuphiexai',
  address: 'Yeengoowif',
  user: 'ca7a11ed-5eed-4bad',
  chat: 'c4a7c0de0b5e55ed',
} as const;

export type CanaryKind = keyof typeof canaryKinds;

/** A canary found where none may be. */
export interface Sighting {
  readonly kind: CanaryKind;
  readonly encoding: string;
  readonly where: string;
  /** What stands around it. */
  readonly around: string;
}

/** Every way in which a text may hide in bytes without being encrypted. */
function disguises(word: string): readonly { readonly encoding: string; readonly bytes: Buffer }[] {
  const text = Buffer.from(word);
  // Base64 has three ways to begin; the characters that depend on the neighbours are left out.
  const base64 = [0, 1, 2].map((shift) => {
    const coded = Buffer.concat([Buffer.alloc(shift), text])
      .toString('base64')
      .replace(/=+$/, '');
    const whole = Math.floor(((text.length + shift) * 8) / 6);
    return Buffer.from(coded.slice(Math.ceil((shift * 8) / 6), whole));
  });
  return [
    { encoding: 'text', bytes: text },
    { encoding: 'UTF-16', bytes: Buffer.from(word, 'utf16le') },
    { encoding: 'hex', bytes: Buffer.from(text.toString('hex')) },
    { encoding: 'without hyphens', bytes: Buffer.from(word.replaceAll('-', '')) },
    ...base64.map((bytes) => ({ encoding: 'base64', bytes })),
    ...(word.includes('-') ? [{ encoding: 'binary id', bytes: Buffer.from(word.replaceAll('-', ''), 'hex') }] : []),
  ];
}

const lower = (bytes: Buffer) => Buffer.from(bytes.toString('latin1').toLowerCase(), 'latin1');
const wanted = (Object.keys(canaryKinds) as CanaryKind[]).flatMap((kind) =>
  disguises(canaryKinds[kind]).map(({ encoding, bytes }) => ({ kind, encoding, bytes: lower(bytes) })),
);

/** The canaries in some bytes, one sighting for each kind and encoding; case does not count. */
export function findCanaries(where: string, bytes: Buffer): readonly Sighting[] {
  const searched = lower(bytes);
  return wanted.flatMap(({ kind, encoding, bytes: word }) => {
    const at = searched.indexOf(word);
    if (at < 0) return [];
    const around = bytes.subarray(Math.max(0, at - 80), at + 80).toString('latin1');
    return [{ kind, encoding, where, around }];
  });
}

/** The canaries in every file below a folder. */
export function findCanariesBelow(folder: string, leaveOut: readonly string[] = []): readonly Sighting[] {
  return filesBelow(folder, leaveOut).flatMap((file) => findCanaries(relative(folder, file), readFileSync(file)));
}

/** All files below a folder but those below one of `leaveOut` (paths relative to it). */
export function filesBelow(folder: string, leaveOut: readonly string[] = []): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !leaveOut.some((left) => name === left || name.startsWith(`${left}/`)))
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
}
