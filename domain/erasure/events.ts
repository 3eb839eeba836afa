import type { ProvedHow } from '#domain/access/person.ts';
import type { ActedFrom } from '#domain/emergency/events.ts';
import { namespace } from '#domain/names.ts';
import type { SealedValue } from '#domain/personal.ts';
import { uuid5 } from '#kernel/uuid.ts';

/** Where erasures of a person are on record: `subject-<uuid>`, by the keyed hash of what the person was named by. Nothing in it says who it was. */
export function subjectStream(callerToken: string): string {
  return `subject-${uuid5(namespace, `subject|${callerToken}`)}`;
}

/** How much an erasure takes, in numbers alone. */
export interface ErasureExtent {
  /** Names that were found to be of one person: object ids, UPNs, numbers. */
  readonly objectIds: number;
  readonly upns: number;
  readonly numbers: number;
  /** Calls of that person, and the notices that told of them. */
  readonly emergencies: number;
  readonly notices: number;
}

export type ErasureEvent =
  /** Somebody asked for it; on record before anything is destroyed. */
  | {
      readonly type: 'ErasureRequested';
      readonly data: ErasureExtent & {
        readonly by: SealedValue;
        readonly byToken: string;
        readonly proved?: ProvedHow;
        readonly over: ActedFrom;
        /** ISO 8601 UTC. */
        readonly at: string;
        /** Keyed hashes of what the person is known by: who knows it finds this record. */
        readonly callerTokens: readonly string[];
      };
    }
  /** The keys are destroyed. */
  | {
      readonly type: 'PersonErased';
      readonly data: {
        readonly at: string;
        /** Keys that the person ever had. */
        readonly keys: number;
        /** Notices of the calls in which something is sealed under a key of somebody else. */
        readonly left: number;
      };
    };
