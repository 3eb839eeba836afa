import type { Json, JsonObject } from '#kernel/json.ts';

/** Deepest nesting of arrays and objects that is read; Graph's own items have fewer than ten levels. */
const depthBound = 64;

type ReadJson =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly why: 'empty-body' | 'not-utf-8' | 'not-json' | 'nested-too-deeply' };

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * Reads JSON (RFC 8259) from bytes: UTF-8 with or without a byte order mark, nested at most `depthBound` deep. Never throws. A text that holds another JSON
 * document (some senders encode twice) counts as that document.
 */
export function readJson(bytes: Uint8Array): ReadJson {
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    return { ok: false, why: 'not-utf-8' };
  }
  const read = parse(text);
  if (!read.ok || typeof read.value !== 'string' || !/^\s*[[{]/.test(read.value)) return read;
  const inner = parse(read.value);
  return inner.ok ? inner : read;
}

/** As {@link readJson}, of text. */
export function parse(text: string): ReadJson {
  if (text.trimStart() === '') return { ok: false, why: 'empty-body' };
  if (opensMoreThan(text, depthBound) && nestingOf(text) > depthBound) return { ok: false, why: 'nested-too-deeply' };
  try {
    return { ok: true, value: JSON.parse(text) as Json };
  } catch {
    return { ok: false, why: 'not-json' };
  }
}

/** True when a text has so many opening brackets, wherever they stand, that it may be nested as deeply. Looked for first, as it costs next to nothing. */
function opensMoreThan(text: string, bound: number): boolean {
  let left = bound;
  for (const bracket of ['{', '['])
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) if (--left < 0) return true;
  return false;
}

/** Deepest nesting of a JSON text, found before anything recurses over it. */
function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > deepest) deepest = depth;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return deepest;
}

/** True when a value that was parsed elsewhere is nested deeper than `depthBound`; does not recurse. */
export function nestedTooDeeply(value: Json): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthBound) return true;
    const next: Json[] = [];
    for (const each of level)
      if (typeof each === 'object' && each !== null)
        for (const inner of Object.values(each)) if (typeof inner === 'object' && inner !== null) next.push(inner);
    level = next;
  }
  return false;
}

/** JSON with members in code unit order and without spaces (as RFC 8785 orders and escapes them): the same value always gives the same text. */
export function canonicalJson(value: Json | undefined): string {
  if (value === undefined) return 'null';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each) => canonicalJson(each)).join(',')}]`;
  const of = value as JsonObject;
  const members = Object.keys(of)
    .filter((name) => of[name] !== undefined)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(of[name])}`);
  return `{${members.join(',')}}`;
}
