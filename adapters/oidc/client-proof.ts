import { createHash, X509Certificate } from 'node:crypto';
import { importPKCS8 } from 'jose';
import { type ClientAuth, ClientSecretPost, modifyAssertion, PrivateKeyJwt } from 'openid-client';

/** How the desk proves itself to the identity provider when it redeems a code. */
export type ClientProof =
  | { readonly kind: 'secret'; readonly secret: string }
  /** PEM; the key in PKCS #8, RSA. */
  | { readonly kind: 'certificate'; readonly certificate: string; readonly privateKey: string }
  /** A token of another issuer that the application trusts (workload identity federation): of a managed identity, say. */
  | { readonly kind: 'federated'; readonly assertion: () => Promise<string> };

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Made for each redemption, so that a token of another issuer is fresh.
 * @throws where the certificate, its key or the other issuer's token cannot be had
 */
export async function clientAuthOf(proof: ClientProof): Promise<ClientAuth> {
  switch (proof.kind) {
    case 'secret':
      return ClientSecretPost(proof.secret);
    case 'certificate': {
      const key = await importPKCS8(proof.privateKey, 'PS256');
      const thumbprint = createHash('sha256').update(new X509Certificate(proof.certificate).raw).digest('base64url');
      return (as, client, body, headers) =>
        PrivateKeyJwt(key, {
          // learn.microsoft.com, "Microsoft identity platform application authentication certificate credentials"
          [modifyAssertion]: (header, payload) => {
            header['x5t#S256'] = thumbprint;
            header['typ'] = 'JWT';
            payload['aud'] = as.token_endpoint ?? as.issuer;
          },
        })(as, client, body, headers);
    }
    case 'federated': {
      const assertion = await proof.assertion();
      return (_as, client, body) => {
        body.set('client_id', client.client_id);
        body.set('client_assertion_type', jwtBearer);
        body.set('client_assertion', assertion);
      };
    }
  }
}
