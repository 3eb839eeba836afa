import type { Page } from '#workflows/definitions/activities.ts';

/** A way to reach responders. Implementers make one attempt, heed the signal, have a timeout of their own, and never throw for what happens on the way. */
export interface Channel {
  /** Such as `webhook`; on record with every attempt. */
  readonly name: string;
  send(message: PageMessage, signal: AbortSignal): Promise<Omit<Page, 'channel'>>;
  /** One attempt to tell operators what they have to do; absent: this channel is for emergencies alone. */
  remind?(message: ReminderMessage, signal: AbortSignal): Promise<Omit<Page, 'channel'>>;
}

/** What operators are reminded of. Nothing personal. */
export interface ReminderMessage {
  /** The same for every repetition: receivers drop what they know. */
  readonly id: string;
  /** `chat` or `events`. */
  readonly credential: string;
  /** `ok` where it only ends soon, else the class of its trouble. */
  readonly state: string;
  readonly what: string;
  readonly next: string;
  /** 1 to 5. */
  readonly urgency: number;
}

/** What responders are told. Personal: it is made inside the activity and goes nowhere else. */
export interface PageMessage {
  /** The same for every repetition of one attempt: receivers drop what they know. */
  readonly id: string;
  readonly emergencyId: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** 1 to 5. */
  readonly urgency: number;
  readonly test: boolean;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  /** The call as it is known, unsealed; empty where it cannot be read. */
  readonly call: Readonly<Record<string, unknown>>;
  /** What responders have to know besides, in words for them. Nothing personal. */
  readonly note?: string;
}
