import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import {
  type AuthenticationResult,
  type Configuration,
  type NodeAuthOptions,
  PublicClientApplication,
} from '@azure/msal-node';
import { systemClock } from '#adapters/system/clock.ts';
import { createClientCertificate } from '#simulator/entra/client-certificate.ts';
import type { EntraClient, EntraOptions, EntraUser } from '#simulator/entra/options.ts';
import { createEntraSimulator, type EntraSimulator } from '#simulator/entra/simulator.ts';
import { createCertificateAuthority } from '#simulator/tls/certificate-authority.ts';
import { eventually } from '#test/support/eventually.ts';

/** The seven permissions of the chat feed's sign-in, those of OpenID Connect among them. */
export const chatScopes = ['User.Read', 'Chat.Read', 'Chat.ReadBasic', 'ChatMessage.Read'] as const;

export const serviceUser: EntraUser = {
  id: '7a0e0000-0000-4000-8000-0000000000aa',
  upn: 'security-desk@contoso.example',
  name: 'Security Desk',
};
export const operator: EntraUser = {
  id: '7a0e0000-0000-4000-8000-0000000000bb',
  upn: 'olive@contoso.example',
  name: 'Olive Operator',
  roles: ['Operator'],
};
export const tenantId = '11111111-2222-4333-8444-555555555555';

/** Certificate of the application `events`; making a key takes a while, so there is one for all. */
export const eventsCertificate = createClientCertificate('tocsin-events', Date.now() - 3_600_000, 365);

export const chatClient: EntraClient = {
  clientId: 'c0000000-0000-4000-8000-000000000001',
  name: 'Tocsin chat feed',
  kind: 'public',
  redirectUris: ['http://localhost'],
  scopes: chatScopes,
};
export const eventsClient: EntraClient = {
  clientId: 'c0000000-0000-4000-8000-000000000002',
  name: 'Tocsin events feed',
  kind: 'confidential',
  certificates: [eventsCertificate.cert],
  appRoles: ['CallEvents-Emergency.Read.All'],
};
export const deskClient: EntraClient = {
  clientId: 'c0000000-0000-4000-8000-000000000003',
  name: 'Tocsin desk',
  kind: 'confidential',
  redirectUris: ['https://desk.contoso.example/signed-in'],
  certificates: [eventsCertificate.cert],
  scopes: ['User.Read'],
};

const authority = createCertificateAuthority(Date.now());
const leaf = authority.issue(['localhost', '127.0.0.1'], Date.now());

/** PEM of the authority that every simulated Entra ID of a test process is trusted through. */
export const trustedAuthority = authority.cert;

let trusted = false;
function trustAuthority(): void {
  if (trusted) return;
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), authority.cert]);
  trusted = true;
}

/** A simulated Entra ID for one test, trusted by this process, with the ways in that tests need. */
export interface StartedEntra {
  readonly simulator: EntraSimulator;
  readonly folder: string;
  /** `auth` of an MSAL client that never looks anywhere else. */
  msalAuth(clientId: string): NodeAuthOptions;
  /** MSAL for the chat feed. */
  publicClient(more?: Partial<Configuration>): PublicClientApplication;
  /** Signs the service user in to the chat feed; the account is in the client's cache. */
  signIn(app: PublicClientApplication): Promise<AuthenticationResult>;
  /** Starts it again on the same port with the same state; the old one is closed. */
  restart(): Promise<EntraSimulator>;
  close(): Promise<void>;
}

/** @param options replace those of a tenant with a service user, an operator, and the clients `chatClient`, `eventsClient`, `deskClient` */
export async function startEntra(options: Partial<EntraOptions> = {}): Promise<StartedEntra> {
  trustAuthority();
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'tocsin-entra-'));
  const start = (port: number) =>
    createEntraSimulator({
      tls: leaf,
      clock: systemClock,
      tenant: { id: tenantId, domain: 'contoso.example', users: [serviceUser, operator], serviceUser: serviceUser.upn },
      clients: [chatClient, eventsClient, deskClient],
      pollingSeconds: 1,
      ...options,
      folder,
      port,
    });
  let simulator = await start(options.port ?? 0);
  const msalAuth = (clientId: string): NodeAuthOptions => ({
    clientId,
    authority: simulator.authority,
    knownAuthorities: [new URL(simulator.authority).host],
  });
  return {
    get simulator() {
      return simulator;
    },
    folder,
    msalAuth,
    publicClient: (more = {}) => new PublicClientApplication({ ...more, auth: msalAuth(chatClient.clientId) }),
    signIn: async (app) => {
      const result = await app.acquireTokenByDeviceCode({
        scopes: [...chatScopes],
        deviceCodeCallback: ({ userCode }) => void simulator.approve(userCode),
      });
      if (result === null) throw new Error('the sign-in was cancelled');
      return result;
    },
    restart: async () => {
      const { port } = simulator;
      await simulator.close();
      simulator = await start(port);
      // Connections that clients keep have been cut; a first request or two may still find that out.
      await eventually(
        'Entra answers again',
        async () =>
          await fetch(`${simulator.issuer}/.well-known/openid-configuration`).then(
            (answer) => answer.ok,
            () => false,
          ),
      );
      return simulator;
    },
    close: async () => {
      await simulator.close();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
