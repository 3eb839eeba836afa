import { request } from 'node:https';
import type { KeyAndCertificate } from '#simulator/tls/certificate-authority.ts';
import { startTlsFront, type TlsFront } from '#simulator/tls/tls-front.ts';

/** Whether whoever shows a token may do this; absent tokens are judged by the storage itself. */
export type MayUseBlobs = (
  token: string,
  request: { readonly method: string; readonly host: string; readonly container: string },
) => boolean;

/** Stands before the emulator, which looks at no roles: refuses what the stack gave nobody a role for, as Blob storage does. */
export function startBlobFront(given: {
  readonly tls: KeyAndCertificate;
  /** PEM of the authority behind the emulator's certificate. */
  readonly ca: string;
  readonly port: number;
  readonly may: MayUseBlobs;
}): Promise<TlsFront> {
  return startTlsFront(given.tls, (incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming;
    const host = (headers.host ?? '').replace(/:\d+$/, '');
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
    const container = new URL(url, `https://${host}`).pathname.split('/')[1] ?? '';
    if (token !== undefined && !given.may(token, { method, host, container })) {
      outgoing.writeHead(403, {
        'x-ms-error-code': 'AuthorizationPermissionMismatch',
        'content-type': 'application/xml',
      });
      outgoing.end(
        '<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthorizationPermissionMismatch</Code><Message>This request is not authorized to perform this operation using this permission.</Message></Error>',
      );
      return undefined;
    }
    return request({
      // A connection of its own: one that was kept may be closed behind our back.
      ...{
        agent: false,
        host: '127.0.0.1',
        port: given.port,
        servername: host,
        ca: given.ca,
        method,
        path: url,
        headers,
      },
    });
  });
}
