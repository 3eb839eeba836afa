/** What this browser remembers. Where it is not allowed to remember anything, this page does until it is closed: a desk must work all the same. */
export interface Memory {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  remove(key: string): void;
}

function createMemory(open: () => Storage): Memory {
  const here = new Map<string, string>();
  const attempt = <T>(action: (storage: Storage) => T): T | undefined => {
    try {
      return action(open());
    } catch {
      return undefined;
    }
  };
  return {
    get: (key) => attempt((storage) => storage.getItem(key)) ?? here.get(key),
    set(key, value) {
      here.set(key, value);
      attempt((storage) => storage.setItem(key, value));
    },
    remove(key) {
      here.delete(key);
      attempt((storage) => storage.removeItem(key));
    },
  };
}

/** For every tab, for good. */
export const forGood = createMemory(() => localStorage);
/** For this tab, until it is closed. */
export const forThisTab = createMemory(() => sessionStorage);
