import type { KeyStoreFailure } from '#ports/key-store.ts';

/** Requests to the storage at once for one call. */
const atOnce = 16;

/** Does some at once. The first failure is the answer, and nothing more is begun after it. */
export async function each(
  items: readonly string[],
  work: (item: string) => Promise<KeyStoreFailure | undefined>,
): Promise<KeyStoreFailure | undefined> {
  let next = 0;
  let failed: KeyStoreFailure | undefined;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined && failed === undefined; item = items[next++]) {
      const ended = await work(item);
      // Another may have failed meanwhile: `failed ??= await …` would look before it waits, and forget that.
      failed ??= ended;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return failed;
}
