// Imports run one way. Composition (`main.ts`, `cli/roles`, `cli/commands`, `bench`) may see everything below it and is imported by nobody but the command line.
const only = (name, from, to, pathNot = []) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot },
  to: { pathNot: to },
});
const node = '^(node:)?[a-z0-9_/]+$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'nothing-imports-test', severity: 'error', from: { pathNot: '^test/' }, to: { path: '^test/' } },
    {
      name: 'nothing-imports-main',
      severity: 'error',
      from: { pathNot: ['^test/', '^bin/'] },
      to: { path: '(^|/)main\\.ts$' },
    },
    {
      name: 'nothing-imports-composition',
      severity: 'error',
      from: { pathNot: ['^(cli|test|bench)/'] },
      to: { path: '^cli/' },
    },
    {
      name: 'zod-only-in-schemas',
      severity: 'error',
      from: { path: '^domain/', pathNot: '/schema[^/]*\\.ts$' },
      to: { path: 'node_modules/zod/' },
    },
    only('kernel-is-a-leaf', '^kernel/', ['^kernel/', '^(node:)?crypto$']),
    only('domain-is-pure', '^domain/', ['^(kernel|domain)/', 'node_modules/zod/', 'node_modules/html-entities/']),
    only('ports-are-interfaces', '^ports/', '^(kernel|domain|ports)/'),
    only('processor-sees-ports-only', '^processor/', '^(kernel|domain|ports|processor)/'),
    {
      name: 'stages-never-meet',
      severity: 'error',
      from: { path: '^processor/([^/]+)/' },
      to: { path: '^processor/([^/]+)/', pathNot: ['^processor/$1/'] },
    },
    only('projections-see-ports-only', '^projections/', '^(kernel|domain|ports|projections)/'),
    only('adapters-implement-ports', '^adapters/', ['^(kernel|domain|ports|adapters)/', 'node_modules/', node]),
    {
      name: 'adapters-never-meet',
      severity: 'error',
      from: { path: '^adapters/([^/]+)/' },
      to: {
        path: '^adapters/([^/]+)/',
        pathNot: ['^adapters/$1/', '^adapters/crypto/(aes-gcm|secret-key)\\.ts$', '^adapters/programs/'],
      },
    },
    only('simulators-implement-ports', '^simulator/', ['^(kernel|domain|ports|simulator)/', 'node_modules/', node]),
    only('web-reads-queries', '^web/', [
      '^(kernel|domain|ports|web)/',
      '^projections/[^/]+/(queries|document)\\.ts$',
      'node_modules/(hono|@hono|zod)/',
      node,
    ]),
    only('config-is-a-leaf', '^config/', ['^(kernel|config)/', node]),
    only('workflows-see-ports-only', '^workflows/', [
      '^(kernel|domain|ports|workflows)/',
      'node_modules/@temporalio/',
      'node_modules/standardwebhooks/',
      node,
    ]),
    only('workflow-definitions-are-deterministic', '^workflows/(definitions/|contract\\.ts)', [
      '^(kernel|domain)/',
      '^workflows/(definitions/|contract\\.ts)',
      'node_modules/@temporalio/(workflow|common)/',
    ]),
    only('infra-knows-config-only', '^infra/', ['^(infra|config)/', 'node_modules/@pulumi/']),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^web/browser/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
