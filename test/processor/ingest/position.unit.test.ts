import { describe, expect, it } from 'vitest';
import { planReading } from '#processor/ingest/position.ts';

const incarnation = 'ns/hub@2026-01-01T00:00:00.000Z';
const partition = (first: number, last: number) => ({
  partitionId: '0',
  beginningSequenceNumber: first,
  lastEnqueuedSequenceNumber: last,
  lastEnqueuedOffset: String(last),
  lastEnqueuedAt: 0,
  isEmpty: last < first,
});
const tail = (sequenceNumber: number, index = 0, count = 1, life = incarnation) => ({
  incarnation: life,
  sequenceNumber,
  index,
  count,
});

describe('where a partition is read on', () => {
  it('begins at the earliest message when the stream is empty, without a gap', () => {
    expect(planReading(undefined, incarnation, partition(100, 200))).toEqual({
      incarnation,
      start: { at: 'earliest' },
      resume: undefined,
      gap: undefined,
    });
  });

  it('goes on behind the last message that is in the log', () => {
    expect(planReading(tail(41), incarnation, partition(0, 100))).toMatchObject({
      start: { at: 'sequence-number', sequenceNumber: 41, inclusive: false },
      resume: undefined,
      gap: undefined,
    });
  });

  it('resumes inside a message of which only some items are in the log', () => {
    expect(planReading(tail(41, 2, 5), incarnation, partition(0, 100))).toMatchObject({
      start: { at: 'sequence-number', sequenceNumber: 41, inclusive: true },
      resume: { sequenceNumber: 41, index: 3 },
    });
  });

  it('records what retention took, and goes on behind it', () => {
    expect(planReading(tail(41), incarnation, partition(50, 100))).toMatchObject({
      gap: { cause: 'retention', from: 42, to: 49, lastLost: 49 },
      start: { at: 'sequence-number', sequenceNumber: 49, inclusive: false },
    });
  });

  it('loses nothing when retention took exactly what is in the log', () => {
    expect(planReading(tail(49), incarnation, partition(50, 100)).gap).toBeUndefined();
  });

  it('counts the rest of a half-stored message as lost when retention took it', () => {
    expect(planReading(tail(41, 0, 2), incarnation, partition(50, 100)).gap).toMatchObject({ from: 41, to: 49 });
  });

  it('starts over after the hub was created again, and says what came before', () => {
    const fresh = 'ns/hub@2026-02-01T00:00:00.000Z';
    expect(planReading(tail(41), fresh, partition(0, 3))).toMatchObject({
      incarnation: fresh,
      start: { at: 'earliest' },
      gap: { cause: 'hub-recreated', previousIncarnation: incarnation, from: 42, lastLost: -1 },
    });
  });

  it('starts a further life when the hub ends before our position', () => {
    const plan = planReading(tail(41), incarnation, partition(0, 10));
    expect(plan).toMatchObject({
      incarnation: `${incarnation}#2`,
      gap: { cause: 'beyond-end', from: 42 },
      start: { at: 'earliest' },
    });
    expect(planReading(tail(50, 0, 1, plan.incarnation), incarnation, partition(0, 10)).incarnation).toBe(
      `${incarnation}#3`,
    );
    expect(planReading(tail(5, 0, 1, plan.incarnation), incarnation, partition(0, 10))).toMatchObject({
      incarnation: plan.incarnation,
      gap: undefined,
    });
  });

  it('stays where it is after the gap of an empty new hub was recorded', () => {
    const fresh = 'ns/hub@2026-02-01T00:00:00.000Z';
    expect(planReading(tail(-1, 0, 1, fresh), fresh, partition(0, -1))).toMatchObject({
      start: { at: 'earliest' },
      gap: undefined,
    });
  });
});
