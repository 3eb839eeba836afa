import { type AmqpReceiver, decodeMessage } from '../amqp/rhea.ts';
import { checkSharedAccessSignature, resourcePath } from '../auth/shared-access-signature.ts';
import type { TokenCheck } from '../options.ts';
import { type Peer, reply, type Service } from './peer.ts';

/** `$cbs`: takes the tokens that open other links (AMQP claims-based security 1.0 as the service speaks it). */
export function openTokenNode(service: Service, peer: Peer, receiver: AmqpReceiver): void {
  receiver.on('message', ({ message, delivery, session }) => {
    const request = decodeMessage(message);
    delivery.accept();
    const properties = request.application_properties ?? {};
    const audience = String(properties['name'] ?? '');
    void check(service, String(properties['type'] ?? ''), tokenText(request.body), audience)
      .catch((error): TokenCheck => ({ ok: false, reason: String(error) }))
      .then((result) => {
        const path = resourcePath(audience);
        const within = result.ok && (result.path === '' || `${path}/`.startsWith(`${result.path}/`));
        if (result.ok && within) peer.grants.add(path, result.expiresAt);
        const description = result.ok ? 'InvalidAudience: the token is for another resource.' : result.reason;
        if (!within) service.log(`token for ${audience} refused: ${description}`);
        reply(peer, session, '$cbs', request, {
          application_properties: within
            ? { 'status-code': 202, 'status-description': 'Accepted' }
            : {
                'status-code': 401,
                'status-description': description,
                'error-condition': 'amqp:unauthorized-access',
              },
          body: '',
        });
      });
  });
}

async function check(service: Service, type: string, token: string, audience: string): Promise<TokenCheck> {
  const { sas, jwt, clock } = service.options;
  if (type === 'servicebus.windows.net:sastoken') return checkSharedAccessSignature(token, sas, clock.now());
  if (type === 'jwt' && jwt !== undefined) return await jwt(token, audience);
  return { ok: false, reason: `UnsupportedTokenType: tokens of type '${type}' are not accepted.` };
}

function tokenText(body: unknown): string {
  if (typeof body === 'string') return body;
  // Some clients send the token as a data section.
  const content = typeof body === 'object' && body !== null && 'content' in body ? body.content : body;
  return Buffer.isBuffer(content) ? content.toString('utf8') : String(content ?? '');
}
