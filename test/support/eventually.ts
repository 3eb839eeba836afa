/**
 * Asks until there is an answer, more seldom the longer that takes: whom it asks has work to do. An error with what was waited for after a bound that no
 * healthy run comes near.
 */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 20_000,
): Promise<T> {
  const began = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    const waited = performance.now() - began;
    if (waited > withinMs) throw new Error(`${what}: not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(waited / 10, 10), 200)));
  }
}
