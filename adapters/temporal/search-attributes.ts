import { isGrpcServiceError } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { TemporalConnection } from './connection.ts';
import { messageOf } from './log.ts';

/** What the list in the Temporal UI can show and be filtered by. Always in plain text there: nothing personal, no secret. */
export const searchAttributeKeys = {
  /** What the entity is in, such as `healthy`, `renewing`, `sign-in-needed`. */
  state: defineSearchAttributeKey('TocsinState', 'KEYWORD'),
  /** When the credential or subscription ends unless it is renewed. */
  expiresAt: defineSearchAttributeKey('TocsinExpiresAt', 'DATETIME'),
  /** `chat` or `events`. */
  feed: defineSearchAttributeKey('TocsinFeed', 'KEYWORD'),
  /** The emergency calling policy that a subscription covers. */
  policy: defineSearchAttributeKey('TocsinPolicy', 'KEYWORD'),
  /** What the entity is: `credential`, `subscription`, `escalation`, ... */
  kind: defineSearchAttributeKey('TocsinKind', 'KEYWORD'),
} as const;

/** Types of search attributes as the command line of the server names them. */
export type SearchAttributeTypes = Readonly<Record<string, 'Keyword' | 'Datetime' | 'Int' | 'Bool'>>;

/** All search attributes of ours. */
export const searchAttributeTypes: SearchAttributeTypes = {
  TocsinState: 'Keyword',
  TocsinExpiresAt: 'Datetime',
  TocsinFeed: 'Keyword',
  TocsinPolicy: 'Keyword',
  TocsinKind: 'Keyword',
};

/** `temporal.api.enums.v1.IndexedValueType`. */
const indexedValueTypes = { Keyword: 2, Int: 3, Bool: 5, Datetime: 6 } as const;

export type CheckSearchAttributesResult =
  | { readonly ok: true }
  /** `missing`: names to register; `wrong`: names that somebody registered with another type, which only he can mend. */
  | { readonly ok: false; readonly missing: readonly string[]; readonly wrong: readonly string[] };

/** Whether the namespace has all search attributes, each with its type. @throws when Temporal does not answer */
export async function checkSearchAttributes(
  { connection, namespace }: Pick<TemporalConnection, 'connection' | 'namespace'>,
  wanted: SearchAttributeTypes = searchAttributeTypes,
): Promise<CheckSearchAttributesResult> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const names = Object.keys(wanted);
  const missing = names.filter((name) => customAttributes[name] === undefined);
  const wrong = names.filter((name) => {
    const type = wanted[name];
    return type !== undefined && !missing.includes(name) && Number(customAttributes[name]) !== indexedValueTypes[type];
  });
  return missing.length === 0 && wrong.length === 0 ? { ok: true } : { ok: false, missing, wrong };
}

export type RegisterSearchAttributesResult =
  | { readonly ok: true; readonly registered: readonly string[] }
  | { readonly ok: false; readonly detail: string };

/**
 * Registers those that are missing; may be run by many at once and again and again. Without them a workflow that sets one cannot start.
 * Temporal Cloud does not let workers do so: there the answer says what is missing.
 * @throws when Temporal does not answer
 */
export async function registerSearchAttributes(
  temporal: Pick<TemporalConnection, 'connection' | 'namespace'>,
  wanted: SearchAttributeTypes = searchAttributeTypes,
): Promise<RegisterSearchAttributesResult> {
  const before = await checkSearchAttributes(temporal, wanted);
  if (before.ok) return { ok: true, registered: [] };
  if (before.wrong.length > 0)
    return { ok: false, detail: `search attributes of another type: ${before.wrong.join(', ')}` };
  const types = before.missing.flatMap((name) => {
    const type = wanted[name];
    return type === undefined ? [] : [[name, indexedValueTypes[type]] as const];
  });
  try {
    await temporal.connection.operatorService.addSearchAttributes({
      namespace: temporal.namespace,
      searchAttributes: Object.fromEntries(types),
    });
  } catch (error) {
    // Another worker may have been quicker, for which the server has no answer of its own.
    const after = await checkSearchAttributes(temporal, wanted);
    if (after.ok) return { ok: true, registered: [] };
    const reason = isGrpcServiceError(error) ? error.details : messageOf(error);
    return { ok: false, detail: `search attributes ${before.missing.join(', ')} are missing: ${reason}` };
  }
  return { ok: true, registered: before.missing };
}
