import { isJsonObject } from '#kernel/json.ts';
import type { EventLog, RecordedEvent } from '#ports/event-log.ts';
import { type SubscriptionSpec, streamOf, subscriptionWorkflowId } from '#workflows/contract.ts';

/** Which entity holds which of Graph's subscriptions, as far as the log tells. */
export interface GraphIds {
  /** Notes what an event says. */
  see(event: RecordedEvent): void;
  /** Graph's id that a lifecycle notice names. */
  of(event: RecordedEvent): string | undefined;
  /** Id of the entity; undefined where nobody knows. */
  entity(graphId: string, specs: readonly SubscriptionSpec[]): Promise<string | undefined>;
}

const tailLength = 20;
const most = 10_000;

export function createGraphIds(log: Pick<EventLog, 'readStream'>): GraphIds {
  /** Stream by Graph's id. */
  const streams = new Map<string, string>();

  function see({ stream, data }: RecordedEvent): void {
    const { graphId } = data;
    if (!stream.startsWith('subscription-') || typeof graphId !== 'string') return;
    if (streams.size >= most) streams.clear();
    streams.set(graphId, stream);
  }

  return {
    see,
    of({ data }) {
      const inner = data['data'];
      const id = isJsonObject(inner) ? inner['subscriptionId'] : undefined;
      return typeof id === 'string' && id !== '' ? id : undefined;
    },
    async entity(graphId, specs) {
      if (!streams.has(graphId))
        for (const spec of specs) {
          const stream = streamOf(subscriptionWorkflowId(spec.id));
          const tail = await log.readStream(stream, { direction: 'backwards', limit: tailLength });
          if (tail.ok) for (const event of [...tail.events].reverse()) see(event);
        }
      const stream = streams.get(graphId);
      return specs.find(({ id }) => streamOf(subscriptionWorkflowId(id)) === stream)?.id;
    },
  };
}
