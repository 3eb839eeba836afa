import { joinPayloads, type PackedPage } from '#adapters/sqlite/packing.ts';

/** Columns that {@link PageBuilder.add} takes, in this order; `e` is the table of events. */
export const pageColumns = 'e.pos, e.sid, e.rev, e.created, e.json, e.id, e.type, e.meta, e.data';

/** Collects rows into a page that can be sent to another thread. */
export interface PageBuilder {
  /** A row of {@link pageColumns} as an array. */
  add(row: readonly unknown[], stream: string): void;
  count(): number;
  bytes(): number;
  lastPosition(): number;
  build(): PackedPage;
}

export function createPageBuilder(): PageBuilder {
  const positions: number[] = [];
  const streams: string[] = [];
  const revisions: number[] = [];
  const created: number[] = [];
  const json: boolean[] = [];
  const ids: string[] = [];
  const types: string[] = [];
  const payloads: Uint8Array[] = [];
  let bytes = 0;
  let dataBytes = 0;
  return {
    add(row, stream) {
      const [position, , revision, at, isJson, id, type, metadata, data] = row as [
        ...[number, number, number, number, number],
        ...[string, string, Uint8Array, Uint8Array],
      ];
      positions.push(position);
      streams.push(stream);
      revisions.push(revision);
      created.push(at);
      json.push(isJson === 1);
      ids.push(id);
      types.push(type);
      payloads.push(metadata, data);
      bytes += metadata.byteLength + data.byteLength;
      dataBytes += data.byteLength;
    },
    count: () => ids.length,
    bytes: () => bytes,
    lastPosition: () => positions.at(-1) ?? 0,
    build: () => ({ positions, streams, revisions, created, json, ids, types, dataBytes, ...joinPayloads(payloads) }),
  };
}
