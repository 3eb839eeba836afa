import { parse } from 'yaml';

/** A service of a compose file, as far as the rules look at it. */
export interface Service {
  readonly image?: string;
  readonly build?: unknown;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly working_dir?: string;
  readonly [key: string]: unknown;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets?: Readonly<Record<string, { readonly file?: string }>>;
}

export function parseCompose(content: string): ComposeFile {
  return parse(content, { merge: true }) as ComposeFile;
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce(
    (inner: unknown, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  );

/** What each service has to keep: the name of the rule, and whether it does. */
const rules: Readonly<Record<string, (service: Service, file: ComposeFile) => boolean>> = {
  'has an image by a fixed tag': ({ image = '' }) =>
    /^[^:@\s]+(:\d+)?[^:@\s]*:(?!latest)[\w.-]+(@sha256:[0-9a-f]{64})?$/.test(image),
  'is not privileged': (service) =>
    service['privileged'] === undefined &&
    service['pid'] !== 'host' &&
    service['ipc'] !== 'host' &&
    service['network_mode'] !== 'host',
  'has no capabilities': (service) => list(service['cap_drop']).includes('ALL') && service['cap_add'] === undefined,
  'gains no privileges': (service) => list(service['security_opt']).includes('no-new-privileges:true'),
  'has a read-only root, or says why not': (service) =>
    service['read_only'] === true || typeof service['x-writable'] === 'string',
  'has limits': (service) =>
    ['cpus', 'memory', 'pids'].every((key) => at(service, 'deploy', 'resources', 'limits', key) !== undefined),
  'publishes on loopback alone': (service) =>
    list(service['ports']).every((port) => /^127\.0\.0\.1:\d+:\d+$/.test(String(port))),
  'depends on nothing without a condition': ({ depends_on }) =>
    depends_on === undefined ||
    (!Array.isArray(depends_on) &&
      Object.values(depends_on as object).every((one) => typeof at(one, 'condition') === 'string')),
  'depends on services that there are, and that can be healthy': ({ depends_on }, { services }) =>
    Object.entries((depends_on ?? {}) as Record<string, unknown>).every(
      ([name, one]) =>
        services[name] !== undefined && (at(one, 'condition') !== 'service_healthy' || isAsked(services[name])),
    ),
  'is asked how it is, or says why not': (service) =>
    isAsked(service) || at(service, 'healthcheck', 'disable') === true,
  'has no secret in plain text': ({ environment = {} }) =>
    Object.entries(environment).every(
      ([name, value]) =>
        !/(PASSWORD|PWD|SECRET|TOKEN|API_?KEY)$/i.test(name) &&
        !/(AccountKey|SharedAccessKey|sig)=|:\/\/[^/@\s]+:[^/@\s]+@/i.test(String(value)),
    ),
  'takes secrets that there are': (service, { secrets = {} }) =>
    list(service['secrets']).every((name) => secrets[String(name)]?.file !== undefined),
  'mounts no socket and no folder of the machine for writing': (service) =>
    list(service['volumes']).every(
      (volume) =>
        !String(volume).includes('docker.sock') && (!/^[./~]/.test(String(volume)) || String(volume).endsWith(':ro')),
    ),
};

/** Ours are asked by their image. */
const isAsked = (service: Service): boolean =>
  at(service, 'healthcheck', 'disable') !== true &&
  (at(service, 'healthcheck', 'test') !== undefined || service.build !== undefined);

/** Everything that is wrong with a compose file, a sentence each that begins with the service. */
export function lintCompose(file: ComposeFile): readonly string[] {
  return Object.entries(file.services).flatMap(([name, service]) =>
    Object.entries(rules).flatMap(([rule, keeps]) => (keeps(service, file) ? [] : [`${name}: ${rule}`])),
  );
}
