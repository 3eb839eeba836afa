import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { JsonObject } from '#kernel/json.ts';
import type { RecordedEvent } from '#ports/event-log.ts';

const folder = new URL('../fixtures/events/', import.meta.url);

/** One stored event of each version of each type, as it was once written: what is in old logs must be readable for ever. */
export interface EventFixture {
  readonly type: string;
  readonly version: number;
  readonly stream: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

export const fixtureFiles = readdirSync(folder).filter((file) => file.endsWith('.json'));

export function eventFixture(type: string, version: number): EventFixture {
  return JSON.parse(readFileSync(fileOf(type, version), 'utf8')) as EventFixture;
}

/** Writes the fixtures that are missing, each from the fullest event of its kind; those that are there never change. */
export function recordMissing(events: readonly RecordedEvent[]): void {
  const fullestFirst = [...events].sort((a, b) => JSON.stringify(b.data).length - JSON.stringify(a.data).length);
  for (const { type, stream, data, metadata } of fullestFirst) {
    const version = Number(metadata['schemaVersion']);
    if (type.startsWith('$') || existsSync(fileOf(type, version))) continue;
    writeFileSync(fileOf(type, version), `${JSON.stringify({ type, version, stream, data, metadata }, null, 2)}\n`);
  }
}

function fileOf(type: string, version: number): URL {
  return new URL(`${type}.v${version}.json`, folder);
}
