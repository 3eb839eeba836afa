import { isJsonObject } from '#kernel/json.ts';
import { invalid, type Refusal } from '#simulator/graph/reply.ts';

/** The properties of a subscription that a request may carry, with their types. */
const types = {
  changeType: 'string',
  notificationUrl: 'string',
  lifecycleNotificationUrl: 'string',
  resource: 'string',
  expirationDateTime: 'string',
  clientState: 'string',
  includeResourceData: 'boolean',
  encryptionCertificate: 'string',
  encryptionCertificateId: 'string',
  latestSupportedTlsVersion: 'string',
  notificationQueryOptions: 'string',
  notificationUrlAppId: 'string',
  blobStoreUrl: 'string',
} as const;

export type Payload = {
  readonly [K in keyof typeof types]?: (typeof types)[K] extends 'boolean' ? boolean : string;
};

const unprocessable = (verb: string) =>
  invalid(
    `Could not process subscription ${verb} payload. Are all property names spelled and camelCased properly? Also are the Datetimes well formatted and in UTC?`,
  );

/** Reads the body of a creation or an update: known properties of the right type, null as if absent. @param verb `creation` or `update` */
export function readPayload(body: unknown, verb: string): Payload | Refusal {
  if (!isJsonObject(body)) return unprocessable(verb);
  const payload: Record<string, string | boolean> = {};
  for (const [name, value] of Object.entries(body)) {
    if (name.startsWith('@odata.')) continue;
    if (!Object.hasOwn(types, name)) return unprocessable(verb);
    if (value === null || value === undefined) continue;
    if (typeof value !== types[name as keyof typeof types]) return unprocessable(verb);
    payload[name] = value as string | boolean;
  }
  return payload as Payload;
}

/** Shortest life: less is raised to it (45 minutes, subscription resource type). */
const shortest = 45 * 60_000;

/** Reads `expirationDateTime`: ISO 8601 with a zone, in the future, not beyond what the resource allows; raised to 45 minutes. */
export function readExpiry(text: string, now: number, longest: number, verb: string): number | Refusal {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) return unprocessable(verb);
  if (at <= now) return invalid(`Subscription expiration '${text}' must be in the future.`);
  if (at - now > longest) {
    const days = Math.floor(longest / 86_400_000);
    return invalid(`Subscription expiration '${text}' is beyond allowed max '${days}.00:00:00'.`);
  }
  return Math.max(at, now + shortest);
}
