import type { EmergencyView } from '#web/desk-data.ts';
import type { HealthReport } from '#web/health-report.ts';

export interface LiveHandlers {
  readonly onEmergency: (emergency: EmergencyView) => void;
  readonly onHealth: (health: HealthReport) => void;
  /** Called on every message and every second; `silentMs` is how long nothing was heard. */
  readonly onBeat: (live: boolean, silentMs: number) => void;
  /** The stream was lost and is back: what happened in between may have been missed. */
  readonly onReturn: () => void;
  /** True where a hidden page may let its connection go: a browser has only six of them for all tabs together. */
  readonly mayRest: () => boolean;
}

/** Milliseconds without a message after which the page says that it is not live; Tocsin sends one every 5 s. */
const notLiveAfter = 12_000;
/** A connection that is open but silent this long is taken for dead. */
const reopenAfter = 20_000;

let offset = 0;
/** Milliseconds since 1970 by Tocsin's clock, so that ages are right on a desk whose clock is not. */
export function serverNow(): number {
  return Date.now() + offset;
}

/** Follows `/api/stream` for as long as the page is open, whatever happens to the connection. */
export function followLive(handlers: LiveHandlers): void {
  let source: EventSource | undefined;
  let lastId = '';
  let heardAt = performance.now();
  let openedAt = performance.now();
  let wasLost = false;
  let resting = false;

  function heard(event?: MessageEvent<string>) {
    heardAt = performance.now();
    if (event?.lastEventId) lastId = event.lastEventId;
    if (wasLost) {
      wasLost = false;
      handlers.onReturn();
    }
    handlers.onBeat(true, 0);
  }
  function open() {
    source?.close();
    openedAt = performance.now();
    source = new EventSource(lastId === '' ? '/api/stream' : `/api/stream?after=${encodeURIComponent(lastId)}`);
    source.addEventListener('emergency', (event) => {
      handlers.onEmergency(JSON.parse(event.data) as EmergencyView);
      heard(event);
    });
    source.addEventListener('health', (event) => {
      handlers.onHealth(JSON.parse(event.data) as HealthReport);
      heard(event);
    });
    source.addEventListener('ping', (event) => {
      offset = Date.parse((JSON.parse(event.data) as { at: string }).at) - Date.now();
      heard(event);
    });
    source.addEventListener('error', () => {
      wasLost = true;
      // Refused for good: the session may have ended, and a browser does not say why.
      if (source?.readyState === EventSource.CLOSED) dispatchEvent(new Event('tocsin-signed-out'));
    });
  }
  function look() {
    if (document.visibilityState === 'hidden' && handlers.mayRest()) {
      source?.close();
      resting = true;
      wasLost = true;
      return;
    }
    const now = performance.now();
    const silent = now - heardAt;
    // A browser gives up for good after some answers; a half-open connection never fails at all.
    const closed = source?.readyState === EventSource.CLOSED && (resting || now - openedAt > 2000);
    resting = false;
    if (closed || (silent > reopenAfter && now - openedAt > reopenAfter)) {
      wasLost = true;
      open();
    }
    handlers.onBeat(silent <= notLiveAfter, silent);
  }
  open();
  addEventListener('tocsin-act-waits', () => {
    source?.close();
    openedAt = performance.now();
    wasLost = true;
  });
  setInterval(look, 1000);
  document.addEventListener('visibilitychange', look);
  addEventListener('online', () => {
    wasLost = true;
    open();
  });
}
