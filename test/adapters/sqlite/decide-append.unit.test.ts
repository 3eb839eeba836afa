import { describe, expect, it } from 'vitest';
import { decideAppend, type StreamFacts } from '#adapters/sqlite/decide-append.ts';

const stored = ['a', 'b', 'c'];
const stream: StreamFacts = {
  revision: 2,
  softDeleted: false,
  idAt: (revision) => stored[revision],
  recent: (id) => (stored.includes(id) ? stored.indexOf(id) : undefined),
};
const missing: StreamFacts = { revision: -1, softDeleted: false, idAt: () => undefined, recent: () => undefined };
const deleted: StreamFacts = { ...stream, softDeleted: true };

describe('decideAppend', () => {
  it.each([
    ['at the current revision', stream, 2, ['d'], { do: 'write' }],
    ['old ids at the current revision', stream, 2, ['a', 'b'], { do: 'write' }],
    ['to a new stream', missing, 'no-stream', ['a'], { do: 'write' }],
    ['beyond the end', stream, 3, ['d'], { do: 'refuse' }],
    ['to a revision of a missing stream', missing, 0, ['a'], { do: 'refuse' }],
    ['the same again', stream, 'no-stream', ['a', 'b', 'c'], { do: 'repeat', last: 2 }],
    ['the beginning again', stream, 'no-stream', ['a', 'b'], { do: 'repeat', last: 1 }],
    ['the end again', stream, 1, ['c'], { do: 'repeat', last: 2 }],
    ['the end again at another revision', stream, 0, ['c'], { do: 'refuse' }],
    ['an overlap and something new', stream, 'no-stream', ['a', 'b', 'c', 'd'], { do: 'refuse' }],
    ['something new at an old revision', stream, 0, ['d'], { do: 'refuse' }],
    ['nothing at the current revision', stream, 2, [], { do: 'nothing' }],
    ['nothing at an old revision', stream, 'no-stream', [], { do: 'nothing' }],
    ['nothing beyond the end', stream, 9, [], { do: 'refuse' }],
    ['nothing to a missing stream', missing, 'no-stream', [], { do: 'nothing' }],
    ['to a deleted stream as if it were new', deleted, 'no-stream', ['d'], { do: 'write' }],
    ['to a deleted stream at its last revision', deleted, 2, ['d'], { do: 'write' }],
    ['to a deleted stream at an old revision', deleted, 0, ['d'], { do: 'refuse' }],
    ['what began a deleted stream', deleted, 'no-stream', ['a'], { do: 'repeat', last: 0 }],
    ['anything', stream, 'any', ['d', 'e'], { do: 'write' }],
    ['anything again', stream, 'any', ['b', 'c'], { do: 'repeat', last: 2 }],
    ['a mixture of old and new', stream, 'any', ['b', 'd'], { do: 'refuse' }],
    ['a mixture of new and old', stream, 'any', ['d', 'b'], { do: 'write' }],
    ['nothing at all', missing, 'any', [], { do: 'nothing' }],
    ['to a stream that has to exist', stream, 'stream-exists', ['d'], { do: 'write' }],
    ['to a stream that has to exist and does not', missing, 'stream-exists', ['d'], { do: 'refuse' }],
    ['to a stream that has to exist and was deleted', deleted, 'stream-exists', ['d'], { do: 'refuse' }],
  ] as const)('decides on %s', (_, facts, expected, ids, decision) => {
    expect(decideAppend(facts, expected, ids)).toEqual(decision);
  });
});
