import { eventMetadata, type InboxMetadata, type RecordedBy } from '#domain/metadata.ts';
import { namespace } from '#domain/names.ts';
import { uuid5 } from '#kernel/uuid.ts';
import type { NewEvent } from '#ports/event-log.ts';
import type { Gap } from '#processor/ingest/position.ts';

export interface GapContext {
  readonly hub: string;
  readonly partition: string;
  readonly incarnation: string;
  readonly recordedBy: RecordedBy;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
}

/**
 * The event that puts lost messages on record. Its position is that of the last one lost, so that reading goes on behind it; its
 * id comes from its extent, so that a repeat is the same event.
 */
export function gapEvent(context: GapContext, gap: Gap & { readonly lastLost: number }): NewEvent {
  const { cause, from, to, previousIncarnation } = gap;
  const id = uuid5(
    namespace,
    `gap|${context.incarnation}|${context.partition}|${cause}|${from ?? ''}|${to ?? ''}|${previousIncarnation ?? ''}`,
  );
  const at = new Date(context.now).toISOString();
  const metadata: InboxMetadata = {
    ...eventMetadata(context.recordedBy, context.now, id, id),
    incarnation: context.incarnation,
    partition: context.partition,
    offset: String(gap.lastLost),
    sequenceNumber: gap.lastLost,
    enqueuedAt: at,
    index: 0,
    count: 1,
  };
  const extent = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  const lost = from !== undefined && to !== undefined ? { messages: to - from + 1 } : {};
  const data = {
    cause,
    partition: context.partition,
    ...extent,
    ...lost,
    ...(previousIncarnation === undefined ? {} : { previousIncarnation }),
  };
  return {
    id,
    type: 'tocsin.gap',
    data: {
      specversion: '1.0',
      id,
      source: `/hubs/${context.hub}/partitions/${context.partition}`,
      type: 'tocsin.gap',
      time: at,
      datacontenttype: 'application/json',
      tocsincontent: 'inline',
      data,
    },
    metadata,
  };
}
