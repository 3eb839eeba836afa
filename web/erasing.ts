import type { ProvedPerson } from '#domain/access/person.ts';
import type { ActedFrom } from '#domain/emergency/events.ts';
import type { ErasureExtent } from '#domain/erasure/events.ts';

/** Erases persons; the composition root satisfies it. Persons are named by a key as `callerKeyOf` makes it, which is kept nowhere. */
export interface Erasing {
  preview(key: string): Promise<PreviewResult>;
  /** @param extent what was shown before: where it is not so any more, nothing is erased */
  erase(
    key: string,
    extent: string,
    act: { readonly by: string; readonly from: ActedFrom; readonly proved?: ProvedPerson },
  ): Promise<EraseResult>;
}

/** What an erasure would take. */
interface ErasurePreview extends ErasureExtent {
  /** Stands for exactly that: opaque. */
  readonly extent: string;
  /** Numbers that these calls name and that others used too: they stay, unless the number itself is erased. */
  readonly sharedNumbers: number;
}

type NotErased =
  /** It is not certain who is meant, or the read models are behind, or what would be erased is not what was shown. */
  { readonly ok: false; readonly reason: 'refused' | 'not-ready' | 'unavailable'; readonly detail: string };

export type PreviewResult = ({ readonly ok: true } & ErasurePreview) | NotErased;
export type EraseResult =
  | {
      readonly ok: true;
      readonly keys: number /** Notices that still hold something under another's key. */;
      readonly left: number;
    }
  | NotErased;
