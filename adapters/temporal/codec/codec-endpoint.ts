import type { Payload, PayloadCodec } from '@temporalio/common';

export interface CodecEndpointDeps {
  readonly codec: Pick<PayloadCodec, 'decode'>;
  readonly namespace: string;
  /** Origins of the Temporal UI, such as `http://127.0.0.1:8233`; asked for with each request. */
  readonly origins: () => readonly string[];
  /** Whether somebody may read what payloads say. The UI passes its `Authorization` on where it is set up so. */
  readonly authorise: (request: Request) => boolean | Promise<boolean>;
}

/** Bytes; one history page of the UI has at most 4 MB, and base64 adds a third. */
const mostBytes = 8 * 1024 * 1024;

/**
 * Lets the Temporal UI in a browser show payloads in plain words (Temporal documentation, "Codec Server"): `POST .../decode`. Only pages of the UI's origin
 * get an answer that their browser lets them read. A payload that cannot be read is shown as such and does not hide the others. There is no `/encode`.
 */
export function createCodecEndpoint(deps: CodecEndpointDeps): (request: Request) => Promise<Response> {
  const { codec, namespace, origins, authorise } = deps;

  const decodeOne = async (payload: JsonPayload): Promise<JsonPayload> => {
    try {
      const [plain] = await codec.decode([fromJson(payload)]);
      return plain === undefined ? payload : toJson(plain);
    } catch {
      return toJson({
        metadata: { encoding: Buffer.from('json/plain') },
        data: Buffer.from(JSON.stringify('[cannot be decrypted: its key is gone or the key store is away]')),
      });
    }
  };

  return async (request) => {
    const origin = request.headers.get('origin');
    if (origin !== null && !origins().includes(origin)) return answer(403, 'this origin may not decode');
    const cors = origin === null ? {} : corsFor(origin);
    if (!new URL(request.url).pathname.endsWith('/decode')) return answer(404, 'only /decode is here', cors);
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: cors });
    if (request.method !== 'POST') return answer(405, 'POST it', cors);
    if (!(await authorise(request))) return answer(401, 'you may not decode', cors);
    const asked = request.headers.get('x-namespace') ?? namespace;
    if (asked !== namespace) return answer(404, 'another namespace', cors);
    const payloads = await readPayloads(request);
    if (payloads === undefined) return answer(400, 'these are no payloads', cors);
    const decoded = await Promise.all(payloads.map(decodeOne));
    return Response.json({ payloads: decoded }, { headers: { ...cors, 'cache-control': 'no-store' } });
  };
}

/** Payloads as JSON: bytes are base64. */
interface JsonPayload {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly data?: string;
}

function corsFor(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'POST, OPTIONS',
    'access-control-allow-headers': 'authorization, content-type, x-namespace',
    vary: 'origin',
  };
}

function answer(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(`${text}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } });
}

async function readPayloads(request: Request): Promise<readonly JsonPayload[] | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > mostBytes) return undefined;
  try {
    const text = await request.text();
    if (text.length > mostBytes) return undefined;
    const body: unknown = JSON.parse(text);
    const payloads = isRecord(body) ? body['payloads'] : undefined;
    return Array.isArray(payloads) && payloads.every(isPayload) ? payloads : undefined;
  } catch {
    return undefined;
  }
}

function isPayload(value: unknown): value is JsonPayload {
  if (!isRecord(value)) return false;
  const { metadata, data } = value;
  const isText = (one: unknown) => typeof one === 'string';
  if (data !== undefined && data !== null && !isText(data)) return false;
  return metadata === undefined || (isRecord(metadata) && Object.values(metadata).every(isText));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fromJson({ metadata = {}, data }: JsonPayload): Payload {
  const bytes = Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')] as const);
  return { metadata: Object.fromEntries(bytes), ...(data != null && { data: Buffer.from(data, 'base64') }) };
}

function toJson({ metadata, data }: Payload): JsonPayload {
  const texts = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)] as const);
  return { metadata: Object.fromEntries(texts), ...(data != null && { data: base64(data) }) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
