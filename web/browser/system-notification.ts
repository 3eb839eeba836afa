import type { Alarm } from './sound.ts';

/** What no other window hides: a notification of the operating system, while a call waits and nobody looks at this desk. */
export interface SystemNotification {
  /** Asks whoever sits here whether the browser may show notifications; it asks once, after a gesture. */
  ask(): void;
  /** What there is to be told now; to be called often. @param calls ids of the calls that sound here */
  want(alarm: Alarm, calls: readonly string[]): void;
}

/** Of one name, so that tabs beside each other replace each other's. */
const tag = 'tocsin';

/**
 * Shows one while a real call, or Tocsin's own blindness, would sound, and takes it back once it would not or the page is looked at (WHATWG "Notifications API
 * Standard"). It names nobody and no place: the system keeps them in a list of its own, which no erasure reaches. It makes no sound: the desk does.
 * @param isWanted whether this desk is one that was to be heard
 */
export function createSystemNotification(isWanted: () => boolean): SystemNotification {
  let shown: Notification | undefined;
  let told: readonly string[] = [];

  function take() {
    shown?.close();
    shown = undefined;
    told = [];
  }
  function show(text: string, about: readonly string[]) {
    const isNew = about.some((each) => !told.includes(each));
    told = about;
    // Of calls that stood in the last one already it takes that one's place in silence.
    const options = { tag, body: text, requireInteraction: true, silent: true, renotify: isNew };
    try {
      const made = new Notification('TOCSIN', options);
      made.addEventListener('click', () => {
        window.focus();
        made.close();
      });
      shown = made;
    } catch {
      // Browsers of phones show none but those of a service worker.
    }
  }
  addEventListener('pagehide', take);
  return {
    ask() {
      if ('Notification' in window && Notification.permission === 'default') void Notification.requestPermission();
    },
    want(alarm, calls) {
      const about = alarm === 'real' ? calls : alarm === 'blind' ? ['blind'] : [];
      if (about.length === 0 || isLookedAt() || !isWanted()) take();
      else if (mayShow() && about.join(' ') !== told.join(' ')) show(textOf(alarm, about.length), about);
    },
  };
}

const isLookedAt = () => document.visibilityState === 'visible' && document.hasFocus();
const mayShow = () => 'Notification' in window && Notification.permission === 'granted';

function textOf(alarm: Alarm, count: number): string {
  if (alarm === 'blind') return 'This desk may miss calls. Press to see why.';
  return `${count === 1 ? 'An emergency call' : `${count} emergency calls`} that nobody has. Press to see the desk.`;
}
