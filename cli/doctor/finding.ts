/** What one check of `tocsin doctor` found. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'fault';
  readonly found: string;
  /** What to do. */
  readonly remedy?: string;
  /** Of a fault: what the command exits with. */
  readonly exit?: number;
}

/** Milliseconds after which a service counts as one that does not answer. */
export const timeoutMs = 10_000;

/** Undefined where there was no answer in time, or none that is one. */
export async function within<T>(work: Promise<T>): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), timeoutMs).unref());
  return Promise.race([work.catch(() => undefined), late]);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
