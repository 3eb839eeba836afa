import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#adapters/system/clock.ts';
import type { DeployedStack, DeployedUnit } from '#cli/deployed/deployed-stack.ts';
import { environmentOf } from '#cli/deployed/environment.ts';
import { type Ingress, startIngress } from '#cli/deployed/ingress.ts';
import { type RoleProcess, startRole } from '#cli/deployed/role-process.ts';
import { type SimulatedServices, startServices } from '#cli/deployed/simulated-services.ts';
import { startTemporalCluster } from '#cli/deployed/temporal-cluster.ts';
import { createEndpointsFile } from '#cli/endpoints.ts';
import { proveTo } from '#cli/http.ts';
import { version } from '#cli/version.ts';
import { type CertificateAuthority, openCertificateAuthority } from '#simulator/tls/certificate-authority.ts';

export interface DeployedOptions {
  /** Of its own: state of the roles and of what they talk to. */
  readonly folder: string;
  /** `stack`: people reach the desk by the address that the stack gave it, which only this machine's ingress knows; `localhost`: by a name that browsers find. */
  readonly desk: 'stack' | 'localhost';
  readonly onProgress: (line: string) => void;
}

/** Tocsin as a stack runs it, on this machine. */
export interface Deployed {
  readonly stack: DeployedStack;
  readonly services: SimulatedServices;
  readonly processes: readonly RoleProcess[];
  /**
   * Ends a process in order and starts it anew with the environment that it had, as a platform does: secrets by reference are not read again. Resolves once
   * it says where it is; what it says meanwhile is in `stderr.log` of its state folder.
   */
  restart(name: string): Promise<RoleProcess>;
  /** State folder of the process with the desk: for commands. */
  readonly stateDir: string;
  /** Where people reach the desk. */
  readonly deskUrl: string;
  /** PEM of the authority behind every certificate here. */
  readonly authority: string;
  /** Where the ingress with the desk's certificate is. */
  readonly ingress: Ingress;
  /** The desk itself, for commands that prove themselves by its local key. */
  readonly desk: string;
  close(): Promise<void>;
}

/**
 * Starts every role as a process of its own with the settings of the stack. What differs from Azure are places alone: names lead to simulators, folders and
 * ports are this machine's.
 */
export async function startDeployed(stack: DeployedStack, options: DeployedOptions): Promise<Deployed> {
  const { folder, onProgress } = options;
  await using stopping = new AsyncDisposableStack();
  const clock = systemClock;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const authority = await openCertificateAuthority(folder, clock.now());
  const authorityFile = join(folder, 'authority.pem');
  await writeFile(authorityFile, authority.cert);
  const names = [new URL(stack.deskUrl).hostname, 'localhost'];
  const ingress = await startIngress(authority.issue(names, clock.now()));
  stopping.defer(() => ingress.close());
  const deskUrl = options.desk === 'stack' ? stack.deskUrl : `https://localhost:${ingress.port}`;
  onProgress('starting what the roles talk to: identities, vaults, storage, the hub, the log, Entra ID and Graph');
  const services = await startServices(stack, {
    ...{ folder: join(folder, 'services'), authority, authorityFile },
    moreDesks: deskUrl === stack.deskUrl ? [] : [deskUrl],
    testNumber: stack.settings.ingest['TOCSIN_TEST_NUMBERS']?.split(',')[0] ?? '933',
  });
  stopping.defer(() => services.close());
  const { worker } = stack.settings;
  const temporal = await temporalOf(stack, authority, join(folder, 'temporal'), onProgress);
  if (temporal !== undefined) stopping.defer(() => temporal.close());
  const places = (unit: DeployedUnit): Readonly<Record<string, string>> => ({
    TOCSIN_STATE_DIR: join(folder, unit.name),
    TOCSIN_PROBES: '127.0.0.1:0',
    TOCSIN_ADDRESSES: Object.entries(services.addresses)
      .map(([host, address]) => `${host}=${address}`)
      .join(','),
    ...services.pointing,
    ...(unit.roles.includes('desk') ? { TOCSIN_HTTP: '127.0.0.1:0', TOCSIN_DESK_URL: deskUrl } : {}),
    ...(temporal !== undefined && unit.settings['TOCSIN_TEMPORAL'] !== undefined
      ? {
          TOCSIN_TEMPORAL: temporal.address,
          ...(worker['TOCSIN_TEMPORAL_TLS_CA'] === undefined ? { TOCSIN_TEMPORAL_TLS_CA: authorityFile } : {}),
          TOCSIN_TEMPORAL_TLS_SERVER_NAME: hostOf(worker['TOCSIN_TEMPORAL'] ?? ''),
        }
      : {}),
  });
  onProgress(
    stack.units.length === 1
      ? 'starting all roles in one process'
      : `starting ${stack.units.map(({ name }) => name).join(', ')}, each as a process of its own`,
  );
  const closing = new AbortController();
  const starts = new Map<string, () => Promise<RoleProcess>>();
  const started = await Promise.allSettled(
    stack.units.map(async (unit) => {
      const state = join(folder, unit.name);
      const given = await environmentOf(unit, services, { state, secrets: join(state, 'secrets') });
      const start = () => startRole(unit, state, { ...given, ...places(unit) }, closing.signal);
      starts.set(unit.name, start);
      return await start();
    }),
  );
  const processes = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const restarting = new Set<Promise<unknown>>();
  stopping.defer(async () => {
    closing.abort();
    await Promise.allSettled(restarting);
    await Promise.all(processes.map((one) => one.stop()));
  });
  const restart = async (name: string) => {
    const index = processes.findIndex((one) => one.name === name);
    const start = starts.get(name);
    if (start === undefined || index < 0) throw new RangeError(`nothing runs as ${name}`);
    await processes[index]?.stop();
    const again = await start();
    processes[index] = again;
    return again;
  };
  const failed = started.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const { endpoints, stateDir } = processes.find((one) => one.roles.includes('desk')) ?? {
    endpoints: {},
    stateDir: '',
  };
  const desk = (endpoints as Readonly<Record<string, string>>)['desk'] ?? '';
  ingress.target = desk;
  proveTo(desk, stateDir);
  // Commands with the state folder of the desk find the simulators too.
  const beside = createEndpointsFile(stateDir, process.pid);
  await beside.write({ pid: process.pid, version, roles: ['simulator'], simulator: services.control.url });
  stopping.defer(() => beside.remove());
  const running = stopping.move();
  return {
    ...{ stack, services, processes, stateDir },
    restart(name) {
      const again = restart(name);
      restarting.add(again);
      return again;
    },
    deskUrl,
    authority: authority.cert,
    ingress,
    desk,
    close: () => running.disposeAsync(),
  };
}

const hostOf = (address: string) => address.replace(/:\d+$/, '');

async function temporalOf(
  stack: DeployedStack,
  authority: CertificateAuthority,
  folder: string,
  onProgress: (line: string) => void,
) {
  const { TOCSIN_TEMPORAL: address = 'off', TOCSIN_TEMPORAL_NAMESPACE: namespace = 'default' } = stack.settings.worker;
  if (address === 'off') return undefined;
  onProgress('starting Temporal');
  const tls = authority.issue([hostOf(address)], systemClock.now());
  return await startTemporalCluster({ folder, namespace, tls, onProgress });
}
