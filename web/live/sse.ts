/** One message of a server-sent event stream; `data` is sent as JSON on one line. */
export interface SseMessage {
  readonly event: 'emergency' | 'health' | 'ping';
  readonly data: unknown;
  /** Position in the log; only changes carry one. */
  readonly id?: string;
}

/** The bytes on the wire (HTML Living Standard section 9.2). JSON has no raw line breaks, so one `data` line always suffices. */
export function encodeSse(message: SseMessage): string {
  const id = message.id === undefined ? '' : `id: ${message.id}\n`;
  return `event: ${message.event}\n${id}data: ${JSON.stringify(message.data)}\n\n`;
}
