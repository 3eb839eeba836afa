import { eventMetadata, type InboxMetadata, type RecordedBy } from '#domain/metadata.ts';

/** What differs between the events of one batch. */
export type PlaceInHub = Pick<InboxMetadata, 'offset' | 'sequenceNumber' | 'enqueuedAt' | 'index' | 'count'>;

/**
 * {@link InboxMetadata} of one event as JSON.
 * @param correlationId a UUID, as is `eventId`: nothing in them has to be escaped
 */
export type MetadataTemplate = (correlationId: string, eventId: string, place: PlaceInHub) => string;

/**
 * Serialises once what the metadata of all events of a batch have in common.
 * @param now milliseconds since 1970 UTC
 */
export function metadataTemplate(
  by: RecordedBy,
  now: number,
  incarnation: string,
  partition: string,
): MetadataTemplate {
  const { $correlationId: _, $causationId: __, ...same } = eventMetadata(by, now, '', '');
  const common = JSON.stringify({ ...same, incarnation, partition }).slice(1, -1);
  return (correlationId, eventId, { offset, sequenceNumber, enqueuedAt, index, count }) =>
    `{"$correlationId":"${correlationId}","$causationId":"${eventId}",${common},"offset":${JSON.stringify(offset)},"sequenceNumber":${sequenceNumber},"enqueuedAt":"${enqueuedAt}","index":${index},"count":${count}}`;
}
