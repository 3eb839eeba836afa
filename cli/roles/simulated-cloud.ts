import { readFile } from 'node:fs/promises';
import { CommandError, exitCodes } from '#cli/exit-codes.ts';
import type { RunContext } from '#cli/roles/context.ts';
import { tokenCheck } from '#cli/roles/graph-tokens.ts';
import { portHeld } from '#cli/roles/port-holder.ts';
import { delegatedPermissions } from '#domain/identity/permissions.ts';
import type { EventPublisher } from '#ports/event-publisher.ts';
import { createEntraSimulator, type EntraSimulator } from '#simulator/entra/simulator.ts';
import { FolderInUse } from '#simulator/event-hubs/folder-lock.ts';
import { areLookedAfter } from '#simulator/graph/looked-after.ts';
import type { GraphSimulator } from '#simulator/graph/options.ts';
import { createGraphSimulator } from '#simulator/graph/simulator.ts';
import type { SimulatedTenant } from '#simulator/teams/tenant.ts';
import type { CertificateAuthority } from '#simulator/tls/certificate-authority.ts';

/** Simulated Entra ID and Graph of one tenant. */
export interface SimulatedCloud {
  readonly entra: EntraSimulator;
  readonly graph: GraphSimulator;
  /** Settings that point Tocsin at them. */
  readonly settings: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface SimulatedCloudOptions {
  readonly tenant: SimulatedTenant;
  readonly authority: CertificateAuthority;
  readonly authorityFile: string;
  readonly publisher: Pick<EventPublisher, 'publish'>;
}

/** What the simulated hub is called in notification addresses; it never leaves this machine. */
const namespace = 'tocsin-simulated.servicebus.windows.net';
const reseedMs = 30 * 60_000;

export async function startSimulatedCloud(
  context: RunContext,
  options: SimulatedCloudOptions,
): Promise<SimulatedCloud> {
  const { settings, clock, ids, log } = context;
  const { tenant, authority } = options;
  const tls = authority.issue(['localhost', '127.0.0.1'], clock.now());
  const entra = await listening('TOCSIN_SIMULATOR_ENTRA', settings.simulatorEntra, async () =>
    createEntraSimulator({
      port: settings.simulatorEntra,
      tls,
      clock,
      folder: context.file('simulator'),
      tenant: {
        ...{ id: tenant.id, domain: tenant.domain, serviceUser: tenant.serviceUser },
        users: tenant.users.map(({ id, displayName, userPrincipalName }, index) => {
          const role = deskRoles[index - 1];
          return {
            ...{ id, upn: userPrincipalName, name: displayName },
            ...(role === undefined ? {} : { roles: [role] }),
          };
        }),
      },
      clients: [
        {
          ...{ clientId: tenant.chatClientId, name: 'Tocsin chat feed', kind: 'public' },
          redirectUris: ['http://localhost'],
          scopes: delegatedPermissions.filter(({ ofSignIn }) => ofSignIn !== true).map(({ name }) => name),
        },
        {
          ...{ clientId: tenant.eventsClientId, name: 'Tocsin events feed', kind: 'confidential' },
          certificates: [await readFile(tenant.eventsCertificate, 'utf8')],
          appRoles: ['CallEvents-Emergency.Read.All'],
        },
        {
          ...{ clientId: tenant.deskClientId, name: 'Tocsin desk', kind: 'confidential' },
          certificates: [await readFile(tenant.eventsCertificate, 'utf8')],
          redirectUris: deskUrls(settings).flatMap((url) => [`${url}/signed-in`, `${url}/signed-out`]),
          scopes: ['User.Read'],
        },
      ],
      log: (line) => log.debug({ simulator: 'entra' }, line),
    }),
  );
  const graph = await listening('TOCSIN_SIMULATOR_GRAPH', settings.simulatorGraph, () =>
    createGraphSimulator({
      port: settings.simulatorGraph,
      tls,
      clock,
      ids,
      tenant,
      verifyToken: async (bearer) => tokenCheck(entra, bearer),
      hubs: [{ namespaces: [namespace], hub: settings.eventHub, publisher: options.publisher }],
      folder: context.file('simulator'),
      log: (line) => log.debug({ simulator: 'graph' }, line),
    }),
  );
  // Live from the start, so that no call waits for a workflow; where none will come, they are kept alive here.
  const kept = settings.temporal?.kind === 'off';
  const seed = () => graph.seed(kept ? { tokenMs: 365 * 86_400_000 } : {});
  seed();
  // Also where Temporal was wanted and is not to be had: as long as nobody changed one at Graph, nobody keeps them alive.
  const reseeding = setInterval(() => {
    if (kept || !areLookedAfter(graph.stats())) seed();
  }, reseedMs).unref();
  return {
    entra,
    graph,
    settings: {
      TOCSIN_TENANT: tenant.id,
      TOCSIN_TENANT_DOMAIN: tenant.domain,
      TOCSIN_CHAT_CLIENT_ID: tenant.chatClientId,
      TOCSIN_SERVICE_USER: tenant.serviceUser,
      TOCSIN_EVENTS_CLIENT_ID: tenant.eventsClientId,
      TOCSIN_EVENTS_CERTIFICATE: tenant.eventsCertificate,
      TOCSIN_EVENTS_PRIVATE_KEY_FILE: tenant.eventsPrivateKey,
      TOCSIN_POLICIES: tenant.subscriptions.flatMap(({ policy }) => policy ?? []).join(','),
      TOCSIN_NOTIFICATION_URL: graph.notificationUrl,
      TOCSIN_GRAPH: graph.url,
      TOCSIN_ENTRA: entra.authority,
      TOCSIN_CERTIFICATE_AUTHORITY: options.authorityFile,
      TOCSIN_ALLOWED_HOSTS: [graph.url, entra.authority].map((url) => new URL(url).host).join(','),
    },
    async close() {
      clearInterval(reseeding);
      await graph.close();
      await entra.close();
    },
  };
}

/** Of the first people of the directory; everybody else has no role at the desk. */
const deskRoles = ['Responder', 'Operator', 'Compliance', 'Administrator'];

function deskUrls({ deskUrl, http }: RunContext['settings']): readonly string[] {
  return deskUrl === undefined ? [`http://127.0.0.1:${http.port}`, `http://localhost:${http.port}`] : [deskUrl];
}

/** Starts what listens; a port or a folder that is held ends the program with words that help. */
export async function listening<T>(setting: string, port: number, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof FolderInUse)
      throw new CommandError(
        exitCodes.unreachable,
        `${error.message}; end it, or set TOCSIN_STATE_DIR to another folder`,
      );
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw await portHeld(port, `${setting} to another port (0 takes a free one)`);
  }
}
