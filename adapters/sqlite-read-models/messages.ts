import type { ChangeGroup } from '#adapters/sqlite-read-models/change-groups.ts';
import type { LogPosition } from '#ports/event-log.ts';
import type { LogMark } from '#ports/log-mark.ts';
import type { Question } from '#ports/read-model-store.ts';

/** Where a read model is in the log. */
export interface At {
  readonly position: LogPosition;
  /** Absent: the one from before stays. */
  readonly mark?: LogMark | undefined;
}

/** What is said to the thread of a read model. */
export interface ToThread {
  readonly number: number;
  readonly request: ThreadRequest;
}

export type ThreadRequest =
  | { readonly kind: 'commit'; readonly groups: readonly ChangeGroup[]; readonly at: At }
  | { readonly kind: 'read'; readonly questions: readonly Question[] }
  | { readonly kind: 'settle' }
  /** Answered with its position once the moment is fixed. */
  | { readonly kind: 'digest' }
  /** `digest`: number of the request that began it. */
  | { readonly kind: 'digest-result'; readonly digest: number }
  | { readonly kind: 'close' };

export type FromThread =
  | { readonly kind: 'ready'; readonly at: Partial<At> }
  | { readonly kind: 'failed-to-open'; readonly detail: string }
  | { readonly kind: 'done'; readonly number: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly number: number; readonly detail: string };
