/**
 * What was answered last, at once; asked again in the background each time that somebody wants it, and never twice at once. Undefined until there was an answer.
 * For what may take long or fail without anybody having to wait for it.
 */
export function lastKnown<T>(ask: () => Promise<T>): () => T | undefined {
  let known: T | undefined;
  let asking = false;
  const renew = async () => {
    asking = true;
    try {
      known = await ask();
    } catch {
      // Whoever wants it next asks again.
    }
    asking = false;
  };
  return () => {
    if (!asking) void renew();
    return known;
  };
}
