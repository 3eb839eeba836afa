import { describe, expect, it } from 'vitest';
import { createBacklog } from '#cli/roles/backlog.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const at = (seconds: number) => start + seconds * 1000;

/** Of which a message comes each five seconds, looked at every three, for so long. */
function busy(backlog: ReturnType<typeof createBacklog>, seconds: number, from = 0) {
  for (let second = from; second < from + seconds; second += 3) {
    const last = Math.floor(second / 5);
    backlog.end(last, at(last * 5), at(second));
  }
}

describe('the oldest message that the hub has and the log has not', () => {
  it('is none when everything was read', () => {
    const backlog = createBacklog();
    expect(backlog.oldestUnreadAt()).toBeUndefined();
    backlog.end(7, at(0), at(1));
    backlog.read(7, at(0));
    expect(backlog.oldestUnreadAt()).toBeUndefined();
  });

  it('grows old while nothing is read, however young the newest is', () => {
    const backlog = createBacklog();
    busy(backlog, 6);
    backlog.read(1, at(5));
    busy(backlog, 3600, 6);
    expect(backlog.oldestUnreadAt()).toBe(at(10));
  });

  it('is known within minutes even after days of standing still, in little memory', () => {
    const backlog = createBacklog();
    busy(backlog, 6);
    backlog.read(1, at(5));
    busy(backlog, 4 * 86_400, 6);
    expect(backlog.oldestUnreadAt()).toBeLessThanOrEqual(at(10));
    expect(backlog.oldestUnreadAt()).toBeGreaterThanOrEqual(at(0));
    backlog.read(30_000, at(150_000));
    expect(Math.abs((backlog.oldestUnreadAt() ?? 0) - at(150_005))).toBeLessThanOrEqual(30 * 60_000);
  });

  it('moves on with what is read', () => {
    const backlog = createBacklog();
    busy(backlog, 600);
    backlog.read(60, at(300));
    expect(backlog.oldestUnreadAt()).toBe(at(305));
  });

  it('is as young as it is after a quiet night', () => {
    const backlog = createBacklog();
    for (let second = 0; second < 30_000; second += 3) backlog.end(4, at(-100), at(second));
    backlog.read(4, at(-100));
    backlog.end(6, at(30_001), at(30_003));
    expect(backlog.oldestUnreadAt()).toBe(at(30_001));
  });

  it('is as old as what was read last, where nobody looked while it came', () => {
    const backlog = createBacklog();
    backlog.read(10, at(-86_400));
    backlog.end(500, at(-1), at(0));
    expect(backlog.oldestUnreadAt()).toBe(at(-86_400));
  });

  it('is exact once the message itself was seen', () => {
    const backlog = createBacklog();
    backlog.read(10, at(-86_400));
    backlog.end(500, at(-1), at(0));
    backlog.seen(11, at(-7200));
    expect(backlog.oldestUnreadAt()).toBe(at(-7200));
  });

  it('is not of the hub that was before', () => {
    const backlog = createBacklog();
    backlog.read(900, at(0));
    backlog.end(1000, at(1), at(2));
    backlog.read(-1);
    expect(backlog.oldestUnreadAt()).toBeUndefined();
    backlog.end(0, at(60), at(61));
    expect(backlog.oldestUnreadAt()).toBe(at(60));
  });
});
