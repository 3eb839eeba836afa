import { toast } from './toast.ts';

/**
 * Says that the browser put this desk away to save memory: until somebody came back to its tab nothing could be heard ("Page Lifecycle" of the WICG: frozen pages
 * are told, and of discarded ones the next says so).
 */
export function tellWhenPutAway(isDesk: () => boolean): void {
  let frozen = false;
  const tell = () => {
    if (isDesk())
      toast(
        'The browser had put this desk away to save memory: nothing could be heard here. Pin this tab, or take Tocsin out of what the browser puts to sleep.',
        'problem',
      );
  };
  document.addEventListener('freeze', () => {
    frozen = true;
  });
  document.addEventListener('resume', () => {
    if (frozen) tell();
    frozen = false;
  });
  if ('wasDiscarded' in document && document.wasDiscarded === true) tell();
}
