import { type AmqpReceiver, amqpTypes, decodeMessage } from '../amqp/rhea.ts';
import { resourcePath } from '../auth/shared-access-signature.ts';
import { checkToken } from '../auth/tokens.ts';
import { type Peer, reply, type Service } from './peer.ts';

/** `$cbs`: takes the tokens that open other links (AMQP claims-based security 1.0 as the service speaks it). */
export function openTokenNode(service: Service, peer: Peer, receiver: AmqpReceiver): void {
  receiver.on('message', ({ message, delivery, session }) => {
    const request = decodeMessage(message);
    delivery.accept();
    const properties = request.application_properties ?? {};
    const audience = String(properties['name'] ?? '');
    const type = String(properties['type'] ?? '');
    void checkToken(service.options, type, tokenText(request.body), audience).then((result) => {
      if (result.ok) peer.grants.add(resourcePath(audience), result.expiresAt);
      const description = result.ok ? 'Accepted' : result.reason;
      if (!result.ok) service.log(`token for ${audience} refused: ${description}`);
      reply(peer, session, '$cbs', request, {
        application_properties: result.ok
          ? { 'status-code': amqpTypes.wrap_int(202), 'status-description': 'Accepted' }
          : {
              'status-code': amqpTypes.wrap_int(401),
              'status-description': description,
              'error-condition': 'amqp:unauthorized-access',
            },
        body: '',
      });
    });
  });
}

function tokenText(body: unknown): string {
  if (typeof body === 'string') return body;
  // Some clients send the token as a data section.
  const content = typeof body === 'object' && body !== null && 'content' in body ? body.content : body;
  return Buffer.isBuffer(content) ? content.toString('utf8') : String(content ?? '');
}
