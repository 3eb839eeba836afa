import { forThisTab } from './storage.ts';

const key = 'tocsin.desk';
/** Milliseconds until a page that was left has let go of its name: a page that is loaded again is the same desk. */
const leaveMs = 2000;

/**
 * By what Tocsin knows this desk: the same for as long as the tab is open. A browser that duplicates a tab copies what the tab remembers, and two desks of one name
 * would take turns at being heard and not; so each holds a lock on its name, and who finds it held takes another.
 */
export async function takeDeskId(): Promise<string> {
  const known = forThisTab.get(key);
  if (known !== undefined && (await isOurs(known))) return known;
  const id = crypto.randomUUID();
  forThisTab.set(key, id);
  await isOurs(id);
  return id;
}

/** True where nobody else holds it, or nobody can tell. It is held from then on, until the page is left. */
function isOurs(id: string): Promise<boolean> {
  if (navigator.locks === undefined) return Promise.resolve(true);
  const asked = new Promise<boolean>((resolve, reject) => {
    const held = () => {
      resolve(true);
      return new Promise<never>(() => undefined);
    };
    navigator.locks.request(`${key}.${id}`, { signal: AbortSignal.timeout(leaveMs) }, held).catch(reject);
  });
  return asked.catch((error: unknown) => !(error instanceof DOMException && error.name === 'TimeoutError'));
}
