/**
 * Of many pages of one browser exactly one has this: the first, and when it is closed another of them. A browser has six connections to one address for all
 * its tabs together: six tabs that nobody sees and that each keep one would let none of them acknowledge a call, nor a seventh open.
 */
export function oneOfAllTabs(name: string): () => boolean {
  // Where a browser does not know locks each page takes itself for the one.
  if (!('locks' in navigator)) return () => true;
  let mine = false;
  void navigator.locks.request(name, () => {
    mine = true;
    return new Promise<never>(() => {});
  });
  return () => mine;
}
