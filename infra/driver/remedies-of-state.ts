import type { Remedy } from '#infra/driver/remedy.ts';

/** Where the state is kept: messages of Pulumi 3.259 (pkg/backend, pkg/secrets) and of its Blob storage. */
export const ofState: readonly Remedy[] = [
  {
    when: /requires logging in|No credentials provided or are invalid|Unauthorized: No credentials/,
    say: () =>
      'Pulumi Cloud does not take the access token: it has expired or was revoked. Make a new one (app.pulumi.com, Personal access tokens), set it as PULUMI_ACCESS_TOKEN or run `pulumi login`',
  },
  {
    when: /SAML SSO authentication is required/,
    say: () =>
      'Your organisation wants a fresh single sign-on at Pulumi Cloud: open the address above, then run this again',
  },
  {
    when: /PULUMI_ACCESS_TOKEN must be set/,
    say: () =>
      'Nobody is signed in to Pulumi Cloud: set PULUMI_ACCESS_TOKEN (app.pulumi.com, Personal access tokens) or run `pulumi login`. Where the state is elsewhere, set PULUMI_BACKEND_URL (file://…, azblob://…)',
  },
  {
    when: /^(?:error: )?\[403\]/,
    say: () =>
      'The sign-in at Pulumi Cloud has no right to this stack. Somebody of the organisation gives it; or the token is of another organisation than the stack (`pulumi whoami --verbose`)',
  },
  {
    when: /request rate-limit exceeded/,
    say: () => 'Pulumi Cloud takes no more requests for a while. Wait for some minutes and run this again',
  },
  {
    when: /^(?:error: )?\[5\d\d\]/,
    say: () => 'Pulumi Cloud has trouble of its own (status.pulumi.com). Wait and run this again',
  },
  {
    when: /(?:Get|Head|Post|Put|Patch|Delete) "https?:\/\/([^/"]+)[^\n]*(?:connection refused|no such host|i\/o timeout|network is unreachable|TLS handshake timeout|x509: )/,
    say: ([, host = ''], text) =>
      `${host} cannot be reached from here: look at the network, at the proxy (HTTPS_PROXY) and what it does to certificates${text.includes('performing HTTP request') ? ', and at PULUMI_BACKEND_URL' : ''}`,
  },
  {
    when: /over stack limit/,
    say: () =>
      'The organisation has as many stacks as its plan at Pulumi Cloud allows: take a larger plan, or keep the state elsewhere (PULUMI_BACKEND_URL)',
  },
  {
    when: /renewing lease|update lease|failed to complete update/,
    say: () =>
      'Pulumi Cloud took the stack away from this run, because it did not hear of it for minutes or somebody cancelled it. Run the same command again: it takes up what was made',
  },
  {
    when: /passphrase must be set/,
    say: () =>
      'The secrets of the stack are sealed with a passphrase: set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds it',
  },
  {
    when: /incorrect passphrase/,
    say: () =>
      'The passphrase is not the one that the stack was made with (PULUMI_CONFIG_PASSPHRASE). Nobody can make another one fit',
  },
  {
    when: /AuthorizationPermissionMismatch|\bAuthorizationFailure\b|blob \([^)]*code=PermissionDenied/,
    say: () =>
      'The storage account of the state does not let you in: it needs the role Storage Blob Data Contributor on its container, or its network rules leave this machine out',
  },
  {
    when: /^(?![\s\S]*DELETE https:\/\/\S+\.vault\.azure\.net\/)[\s\S]*(?:ForbiddenByRbac|Caller is not authorized to perform action on resource)/,
    say: () =>
      'The key vault does not let you in: sealing and opening the secrets of the state needs Key Vault Crypto User on its key',
  },
  {
    when: /^(?![\s\S]*DELETE https:\/\/\S+\.vault\.azure\.net\/)[\s\S]*(?:ForbiddenByFirewall|Client address is not authorized and caller is not a trusted service)/,
    say: () => 'The network rules of the key vault leave this machine out: run this from a network that they let in',
  },
];
