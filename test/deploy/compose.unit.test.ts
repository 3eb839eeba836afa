import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { roleNames } from '#cli/role-names.ts';
import { readSettings } from '#config/read-settings.ts';
import { lintCompose, parseCompose } from '#test/deploy/compose-rules.ts';
import { parseDoor } from '../../deploy/doors/doors.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const content = readFileSync(`${root}/compose.yaml`, 'utf8');
const compose = parseCompose(content);
const docker = spawnSync('docker', ['compose', 'version'], { encoding: 'utf8' });
const noDocker =
  docker.status === 0
    ? undefined
    : docker.error === undefined
      ? 'the docker client has no compose'
      : 'there is no docker client';

describe('compose.yaml', () => {
  it('keeps every rule', () => {
    expect(lintCompose(compose)).toEqual([]);
  });

  it.each([
    [
      'an image whose tag moves',
      'eventstore:23.10.1-bookworm-slim',
      'eventstore:latest',
      'eventstoredb: has an image by a fixed tag',
    ],
    ['a privileged service', '    user: "70:70"', '    privileged: true', 'postgres: is not privileged'],
    ['a port for everybody', '"127.0.0.1:3000:3000"', '"3000:3000"', 'grafana: publishes on loopback alone'],
    ['a capability', 'cap_drop: [ALL]', 'cap_drop: [NET_RAW]', 'desk: has no capabilities'],
    [
      'a writable root',
      'x-writable: its vendor says nothing about a read-only root',
      'init: false',
      'eventstoredb: has a read-only root',
    ],
    [
      'a service without limits',
      'limits: { cpus: "2", memory: 2G, pids: 512 }',
      'limits: { cpus: "2" }',
      'eventstoredb: has limits',
    ],
    [
      'a dependency without a condition',
      'postgres: { condition: service_healthy }',
      'postgres: {}',
      'temporal: depends on nothing without',
    ],
    [
      'a password in plain text',
      'POSTGRES_PASSWORD_FILE: /run/secrets/postgres-password',
      'POSTGRES_PASSWORD: x',
      'postgres: has no secret',
    ],
    [
      'a secret that nobody makes',
      'secrets: [grafana-password]',
      'secrets: [other]',
      'grafana: takes secrets that there are',
    ],
    ['a folder that is open for writing', '/etc/grafana/boards:ro', '/etc/grafana/boards', 'grafana: mounts no socket'],
  ])('is refused with %s', (_, what, instead, sentence) => {
    const broken = content.replace(what, instead);
    expect(broken).not.toBe(content);
    expect(lintCompose(parseCompose(broken)).join('\n')).toContain(sentence);
  });

  it('runs every role, each once', () => {
    const run = Object.values(compose.services).flatMap(({ command }) => (command?.[0] === 'run' ? [command[1]] : []));
    expect(run.sort()).toEqual([...roleNames].sort());
  });

  it.each(roleNames)(
    'gives the role %s settings that it accepts, together with what the simulators give out',
    (role) => {
      const [, service] =
        Object.entries(compose.services).find(([, { command }]) => command?.[0] === 'run' && command[1] === role) ?? [];
      const environment: Record<string, string> = { ...service?.environment };
      // Made when compose starts.
      delete environment['TOCSIN_PARTITION_OWNERSHIP_FILE'];
      const result = readSettings({ environment, file: { TOCSIN_EVENT_HUB: 'teams-emergency' } });
      expect(result.ok ? [] : result.problems).toEqual([]);
    },
  );

  it('serves nothing twice on the network that its roles share', () => {
    const inside = Object.values(compose.services).filter((one) => one['network_mode'] === 'service:doors');
    const own = inside.flatMap(({ environment = {} }) =>
      [
        'TOCSIN_PROBES',
        'TOCSIN_HTTP',
        'TOCSIN_SIMULATOR_EVENT_HUBS',
        'TOCSIN_SIMULATOR_GRAPH',
        'TOCSIN_SIMULATOR_ENTRA',
      ].flatMap((name) => (environment[name] === undefined ? [] : [Number(environment[name].split(':').at(-1))])),
    );
    const doors = (compose.services['doors']?.command ?? []).map((text) => parseDoor(text).listen.port);
    const all = [...own, ...doors, 9090];
    expect(new Set(all).size).toBe(all.length);
  });

  it('has a door to every service outside that a role is pointed at', () => {
    const doors = (compose.services['doors']?.command ?? []).map(parseDoor);
    for (const { target } of doors.filter(({ listen }) => listen.host === '127.0.0.1'))
      expect(Object.keys(compose.services)).toContain(target.host);
    const pointed = ['desk', 'worker'].flatMap((name) => {
      const { TOCSIN_EVENT_LOG = '', TOCSIN_TEMPORAL = '' } = compose.services[name]?.environment ?? {};
      return [/:(\d+)\?/.exec(TOCSIN_EVENT_LOG)?.[1], TOCSIN_TEMPORAL.split(':')[1]];
    });
    for (const port of pointed) expect(doors.map(({ listen }) => `${listen.port}`)).toContain(port);
  });

  it('still starts EventStoreDB by itself', () => {
    expect(compose.services['eventstoredb']?.['depends_on']).toBeUndefined();
    expect(compose.services['eventstoredb']?.['network_mode']).toBeUndefined();
    expect(compose.services['eventstoredb']?.['ports']).toEqual(['127.0.0.1:2113:2113']);
  });

  it('mounts nothing that is not there', () => {
    const mounts = Object.values(compose.services).flatMap((one) => (one['volumes'] as string[] | undefined) ?? []);
    for (const mount of mounts.filter((one) => one.startsWith('.')))
      expect(existsSync(`${root}/${mount.split(':')[0]}`), mount).toBe(true);
  });

  it.skipIf(noDocker !== undefined)(
    `is understood by docker compose${noDocker === undefined ? '' : ` (skipped: ${noDocker})`}`,
    () => {
      const { status, stderr } = spawnSync(
        'docker',
        ['compose', '--file', `${root}/compose.yaml`, 'config', '--quiet'],
        { encoding: 'utf8' },
      );
      expect(stderr).toBe('');
      expect(status).toBe(0);
    },
  );
});
