import { describe, expect, it } from 'vitest';
import { createLanes, type Footprint } from '#processor/triage/lanes.ts';

describe('what is judged side by side', () => {
  /** Begins tasks in turn; each runs until it is told to end. */
  function given(most: number) {
    const lanes = createLanes(most);
    const running: string[] = [];
    const endings = new Map<string, () => void>();
    let begun = Promise.resolve();
    const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
    return {
      lanes,
      running,
      begin(name: string, footprint: Footprint) {
        begun = begun.then(() =>
          lanes.begin(
            () => footprint,
            async () => {
              running.push(name);
              await new Promise<void>((resolve) => endings.set(name, resolve));
              running.splice(running.indexOf(name), 1);
            },
          ),
        );
        return settle();
      },
      end(name: string) {
        endings.get(name)?.();
        return settle();
      },
    };
  }

  it('is what has nothing in common', async () => {
    const { begin, end, running } = given(9);
    await begin('a', ['caller-1', 'chat-1']);
    await begin('b', ['caller-2']);
    await begin('c', ['caller-3', 'chat-1']);
    expect(running).toEqual(['a', 'b']);
    await end('a');
    expect(running).toEqual(['b', 'c']);
  });

  it('is nothing beside what may be about everything, and that waits for all before it', async () => {
    const { begin, end, running } = given(9);
    await begin('a', ['caller-1']);
    await begin('all', 'everything');
    await begin('b', ['caller-2']);
    expect(running).toEqual(['a']);
    await end('a');
    expect(running).toEqual(['all']);
    await end('all');
    expect(running).toEqual(['b']);
  });

  it('is no more than there is room for', async () => {
    const { begin, end, running } = given(2);
    for (const name of ['a', 'b', 'c']) await begin(name, [name]);
    expect(running).toEqual(['a', 'b']);
    await end('b');
    expect(running).toEqual(['a', 'c']);
  });

  it('is waited for as a whole', async () => {
    const { begin, end, lanes } = given(9);
    await begin('a', ['a']);
    await begin('b', ['b']);
    let idle = false;
    const waiting = lanes.idle().then(() => {
      idle = true;
    });
    await end('a');
    expect(idle).toBe(false);
    await end('b');
    await waiting;
  });
});
