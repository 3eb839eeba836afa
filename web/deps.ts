import type { HttpBindings } from '@hono/node-server';
import type { Assets } from '#web/assets.ts';
import type { DeskData } from '#web/desk-data.ts';
import type { Erasing } from '#web/erasing.ts';
import type { DeskRegistry } from '#web/live/desk-registry.ts';
import type { Pulse } from '#web/live/pulse.ts';
import type { PayloadReader } from '#web/payloads.ts';
import type { ProjectionAdmin } from '#web/projection-admin.ts';
import type { Quarantine } from '#web/quarantine.ts';
import type { DeskSignIn, Viewer } from '#web/sign-in/desk-sign-in.ts';
import type { Sessions } from '#web/sign-in/sessions.ts';
import type { Subscribing } from '#web/subscribing.ts';

/** What the app is given. */
export interface DeskDeps {
  readonly data: DeskData;
  /** The read models, for operators; without it `/api/projections` is not there. */
  readonly projections?: ProjectionAdmin;
  /** Sign-in, subscriptions, watch; without it their addresses are not there. */
  readonly subscribing?: Subscribing;
  /** What nobody could read; without it `/api/quarantine` is not there. */
  readonly quarantine?: Quarantine;
  /** Erases persons; without it `/api/erasures` is not there. */
  readonly erasing?: Erasing;
  /** What Temporal's pages may ask; without it its address is not there. */
  readonly payloads?: PayloadReader;
  /** People sign in; without it everybody who reaches the desk may do everything, under a name that they claim. */
  readonly signIn?: DeskSignIn;
  /** Which desks are open, where somebody else wants to count them too. */
  readonly desks?: DeskRegistry;
  /** Scripts and styles, as {@link Assets} were read at start. */
  readonly assets: Assets;
  /** What a `Host` header may say; asked for each request, as the port may be known only after listening. */
  readonly hosts: () => readonly string[];
  readonly log: DeskLog;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  /** Aborted: live streams end. */
  readonly signal: AbortSignal;
  readonly version: string;
  /** Shown in the strip, for example the organisation's name. */
  readonly title?: string;
  /** Milliseconds between pings (default 5,000) and between looks at health (default 2,000). */
  readonly pingMs?: number;
  readonly healthMs?: number;
  /** Live pages at the same time (default 500). */
  readonly maxStreams?: number;
  /** Bytes that may wait for one live page before it is let go (default 1 MiB). */
  readonly maxStreamBytes?: number;
}

/** Where the app says what happened; a pino logger is one. Nothing personal goes in. */
interface DeskLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the routes share. */
export interface RouteDeps extends DeskDeps {
  readonly desks: DeskRegistry;
  readonly pulse: Pulse;
  /** There where people sign in. */
  readonly sessions?: Sessions;
}

/** Bindings of the Node server; absent when the app is asked directly, as tests do. `viewer` is there where people sign in and the address is not for everybody. */
export interface DeskEnv {
  Bindings: Partial<HttpBindings>;
  Variables: { viewer?: Viewer };
}
