import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createSecureContext, getCACertificates } from 'node:tls';

/** How long a webhook may take ("Receive change notifications through webhooks"). */
const patienceMs = 3_000;

export interface Webhooks {
  /** Asks for the validation token back; undefined: it came, else what was wrong. */
  validate(url: URL, token: string): Promise<string | undefined>;
  /** POSTs a collection; undefined: taken with 2xx in time, else what was wrong. */
  post(url: URL, body: string): Promise<string | undefined>;
}

/** @param ca PEM of an authority that is trusted besides the usual ones */
export function createWebhooks(ca: string | undefined): Webhooks {
  // Read once, as reading hundreds of authorities takes tens of milliseconds.
  let trusted: object | undefined;
  const trust = () => {
    trusted ??=
      ca === undefined ? {} : { secureContext: createSecureContext({ ca: [...getCACertificates('default'), ca] }) };
    return trusted;
  };
  const send = (url: URL, contentType: string, body: string): Promise<{ status: number; type: string; text: string }> =>
    new Promise((resolve, reject) => {
      const secure = url.protocol === 'https:';
      const options = {
        method: 'POST',
        headers: { 'content-type': contentType, 'content-length': Buffer.byteLength(body) },
        signal: AbortSignal.timeout(patienceMs),
        agent: false,
      } as const;
      const request = secure ? httpsRequest(url, { ...options, ...trust() }) : httpRequest(url, options);
      request.once('error', reject);
      request.once('response', (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers['content-type'] ?? '',
            text: Buffer.concat(parts).toString('utf8'),
          }),
        );
      });
      request.end(body);
    });
  const problem = (error: unknown) =>
    error instanceof Error && error.name === 'AbortError' ? 'it took over 3 s' : String(error);
  return {
    async validate(url, token) {
      const target = new URL(url);
      target.searchParams.set('validationToken', token);
      try {
        const answer = await send(target, 'text/plain; charset=utf-8', '');
        if (answer.status !== 200) return `HTTP ${answer.status}`;
        if (!answer.type.toLowerCase().startsWith('text/plain')) return `content type ${answer.type}`;
        return answer.text === token ? undefined : 'it did not answer with the token';
      } catch (error) {
        return problem(error);
      }
    },
    async post(url, body) {
      try {
        const answer = await send(url, 'application/json; charset=utf-8', body);
        return answer.status >= 200 && answer.status < 300 ? undefined : `HTTP ${answer.status}`;
      } catch (error) {
        return problem(error);
      }
    },
  };
}
