import { createCookieSealer } from '#adapters/cookies/cookie-sealer.ts';
import { createSignInProvider } from '#adapters/oidc/sign-in-provider.ts';
import { createOutbound } from '#adapters/outbound/outbound.ts';
import { systemClock } from '#adapters/system/clock.ts';
import type { Look } from '#domain/access/events.ts';
import { createClientCertificate } from '#simulator/entra/client-certificate.ts';
import type { EntraUser } from '#simulator/entra/options.ts';
import { createMemorySecrets } from '#simulator/memory-secrets.ts';
import { createSeededIds } from '#simulator/seeded-ids.ts';
import {
  deskClient,
  type StartedEntra,
  serviceUser,
  startEntra,
  tenantId,
  trustedAuthority,
} from '#test/simulator/entra/start-entra.ts';
import { createFakeDeskData, type FakeDeskData } from '#test/support/fake-desk-data.ts';
import { type RunningDesk, runDesk } from '#test/web/desk-server.ts';
import { startTlsProxy, type TlsProxy } from '#test/web/sign-in/tls-proxy.ts';
import type { DeskReads } from '#web/desk-data.ts';
import type { DeskServerOptions } from '#web/server.ts';
import type { AccessLogState, DeskSignIn } from '#web/sign-in/desk-sign-in.ts';

const person = (number: string, name: string, roles: readonly string[]): EntraUser => ({
  id: `7a0e0000-0000-4000-8000-0000000001${number}`,
  upn: `${name.split(' ')[0]?.toLowerCase() ?? ''}.${number}@contoso.example`,
  name,
  roles,
});

export const people = {
  responder: person('01', 'Rae Responder', ['Responder']),
  second: person('02', 'Rae Responder', ['Responder']),
  operator: person('03', 'Olive Operator', ['Operator']),
  compliance: person('04', 'Cora Compliance', ['Compliance']),
  administrator: person('05', 'Ada Administrator', ['Administrator']),
  nobody: person('06', 'Norman Nobody', ['SomethingElse']),
} as const;

/** The key of the application, and so of its proof, takes a while to make: one for all tests. */
export const deskCertificate = createClientCertificate('tocsin-desk', Date.now() - 3_600_000, 365);

export interface SignedDesk {
  readonly entra: StartedEntra;
  readonly proxy: TlsProxy;
  readonly desk: RunningDesk;
  readonly origin: string;
  readonly data: FakeDeskData;
  readonly looks: Look[];
  /** Everything that was logged, fields included. */
  readonly logged: string[];
  /** What the record of looks says of itself. */
  accessState: AccessLogState;
  /** Milliseconds that the desk's clock is ahead. */
  ahead: number;
  readonly signIn: DeskSignIn;
  close(): Promise<void>;
}

export interface SignedDeskOptions {
  readonly signIn?: Partial<DeskSignIn>;
  readonly server?: Partial<DeskServerOptions>;
}

/** A desk behind a TLS proxy that people of a simulated Entra ID sign in to. */
export async function startSignedDesk(options: SignedDeskOptions = {}): Promise<SignedDesk> {
  const proxy = await startTlsProxy();
  const { origin } = proxy;
  const entra = await startEntra({
    tenant: {
      id: tenantId,
      domain: 'contoso.example',
      users: [serviceUser, ...Object.values(people)],
      serviceUser: serviceUser.upn,
    },
    clients: [
      {
        ...deskClient,
        redirectUris: [`${origin}/signed-in`, `${origin}/signed-out`],
        certificates: [deskCertificate.cert],
      },
    ],
  });
  const outbound = createOutbound({
    cloud: 'global',
    extraHosts: [new URL(entra.simulator.issuer).host],
    ca: trustedAuthority,
    clock: systemClock,
  });
  const state = { ahead: 0, access: { waiting: 0, lost: 0 } as AccessLogState };
  const now = () => Date.now() + state.ahead;
  const clock = { ...systemClock, now };
  const ids = createSeededIds(7);
  const looks: Look[] = [];
  const logged: string[] = [];
  const data = createFakeDeskData();
  const signIn: DeskSignIn = {
    provider: createSignInProvider({
      issuer: entra.simulator.issuer,
      tenant: tenantId,
      clientId: deskClient.clientId,
      proof: { kind: 'certificate', certificate: deskCertificate.cert, privateKey: deskCertificate.key },
      outbound,
      clock: systemClock,
      ids,
    }),
    cookies: createCookieSealer({ secrets: createMemorySecrets({ clock, ids }), clock }),
    origin,
    trustedProxy: true,
    help: 'Ask the service desk, extension 4711.',
    access: { record: (look) => void looks.push(look), state: () => state.access },
    hidden: hiding(data),
    ...options.signIn,
  };
  const say = (level: string) => (fields: object, message: string) =>
    void logged.push(`${level}: ${message} ${JSON.stringify(fields)}`);
  const desk = await runDesk(
    {
      signIn,
      now,
      log: { info: say('info'), warn: say('warn'), error: say('error') },
      ...options.server,
    },
    data,
  );
  proxy.target = desk.url;
  return {
    entra,
    proxy,
    desk,
    origin,
    data,
    looks,
    logged,
    signIn,
    get accessState() {
      return state.access;
    },
    set accessState(given) {
      state.access = given;
    },
    get ahead() {
      return state.ahead;
    },
    set ahead(ms) {
      state.ahead = ms;
    },
    async close() {
      await desk.close();
      await Promise.all([proxy.close(), entra.close(), outbound.close()]);
    },
  };
}

/** As the composition hides what is sealed; the fake has nothing sealed, so names are hidden here. */
function hiding(data: FakeDeskData): DeskReads {
  const hide = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value, (key, member) => (key === 'caller' ? { name: '[hidden]' } : member))) as T;
  const { emergencies, audit } = data;
  return {
    emergencies: {
      list: async (query) => hide(await emergencies.list(query)),
      async get(id) {
        const found = await emergencies.get(id);
        return found === undefined ? undefined : hide(found);
      },
      open: async () => hide(await emergencies.open()),
      upTo: () => emergencies.upTo(),
      changesAfter: async (position, limit) => hide(await emergencies.changesAfter(position, limit)),
      subscribe: (listener, onFailure) => emergencies.subscribe((change) => listener(hide(change)), onFailure),
    },
    audit: {
      async *page(query) {
        for await (const record of audit.page(query)) yield hide(record);
      },
      async get(id) {
        const found = await audit.get(id);
        return found === undefined ? undefined : hide(found);
      },
      counts: (filter) => audit.counts(filter),
    },
  };
}
