// docs/stack.md: what a stack is made of, who may do what in it, its settings and its sizes, made from the program in `infra/` and from the resource graphs that
// its tests hold it to. `node scripts/generate-stack-diagram.ts` writes it; `npm run docs` does so too.
import { readFileSync, writeFileSync } from 'node:fs';
import { costLines, estimateCosts } from '#infra/driver/costs.ts';
import type { Step } from '#infra/driver/step.ts';
import { componentWords, wordsOf } from '#infra/driver/words.ts';
import { applicationRoles, delegatedScopes, deskRoles } from '#infra/graph-permissions.ts';
import { type Permission, permissionsOf } from '#infra/roles-and-permissions.ts';
import { readStackSettings } from '#infra/settings/read-stack-settings.ts';
import type { StackSetting } from '#infra/settings/row.ts';
import { requiredSettings, stackSettings } from '#infra/settings/schema.ts';
import { sizes } from '#infra/settings/sizes.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';
import type { StackPlan } from '#infra/stack-plan.ts';

interface Resource {
  readonly type: string;
  readonly name: string;
  readonly parent?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

interface Stack {
  readonly resources: readonly Resource[];
  readonly outputs: Pick<StackPlan, 'appSizes'>;
}

/** Settings of the stack that the pictures show: an ordinary tenant with both feeds, the log and Temporal elsewhere. */
const shown = {
  ...{ tenant: 'contoso', domain: 'contoso.com', region: 'swedencentral', dataResidency: 'eu' },
  ...{ serviceUser: 'tocsin@contoso.com', eventsFeed: 'true', policies: 'Head office', alertEmails: 'it@contoso.com' },
  ...{ log: 'connection', logConnection: 'esdb://log.contoso.com:2113' },
  ...{ temporal: 'existing', temporalAddress: 'temporal.contoso.com:7233' },
  image: `registry.contoso.com/tocsin@sha256:${'0'.repeat(64)}`,
};

const cell = (text: string): string => text.replaceAll('|', '\\|');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
const times = (count: number, what: string): string => (count === 1 ? what : `${count} × ${what}`);

/** What the program makes of a size, as its golden file has it. */
function stackOf(size: string): Stack {
  const file = new URL(`../test/fixtures/infra/${size}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Stack;
}

/** The kind of component that a resource belongs to, such as `Keys`; absent for a component itself. */
const componentOf = ({ parent }: Resource): string | undefined => /^tocsin:infra:(\w+)::/.exec(parent ?? '')?.[1];

/** Picture 1: the components, with what each is made of. */
function parts(resources: readonly Resource[]): string {
  const lines = Object.keys(componentWords).flatMap((kind) => {
    const counts = new Map<string, number>();
    for (const one of resources.filter((resource) => componentOf(resource) === kind)) {
      const { what } = wordsOf(one.type);
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
    if (counts.size === 0) return [];
    const text = [...counts].map(([what, count]) => times(count, what)).join('<br/>');
    return [`  subgraph ${kind}`, `    ${kind}-parts["${text}"]`, '  end'];
  });
  return ['```mermaid', 'flowchart TB', ...lines, '```'].join('\n');
}

const principals: Readonly<Record<string, string>> = { 'change-tracking': 'Microsoft Graph', grid: 'Event Grid' };
const scopes: Readonly<Record<string, string>> = {
  hub: 'hub',
  ownership: 'partition ownership (blobs)',
  'master-key': 'master key',
  'subject-keys': 'sealed keys and secrets (blobs)',
  'sign-in-key': 'key of the sign-ins',
  'sign-ins': 'sealed sign-ins (blobs)',
  checkpoints: 'checkpoints (blobs)',
  'dead-letters': 'notices that the hub did not take (blobs)',
  'graph-secret': 'second key vault: one secret',
};
const scopeWords = (scope: string): string =>
  scopes[scope] ?? (scope.startsWith('secret-') ? `secret ${scope.slice(7)}` : scope);

/** Picture 2: every role assignment as an arrow. */
function access(permissions: readonly Permission[]): string {
  const single = permissions.filter(({ scope }) => !scope.startsWith('secret-'));
  const nodes = [...new Set(single.map(({ principal }) => principal))].map(
    (name) => `  ${name}(["${principals[name] ?? name}"])`,
  );
  const targets = [...new Set(single.map(({ scope }) => scope))].map((name) => `  ${name}[("${scopeWords(name)}")]`);
  const arrows = single.map(({ principal, role, scope }) => `  ${principal} -->|"${verb(role)}"| ${scope}`);
  return ['```mermaid', 'flowchart LR', ...nodes, ...targets, ...arrows, '```'].join('\n');
}

/** The end of a role's name says what it lets one do. */
const verb = (role: string): string => role.replace(/^Azure Event Hubs |^Storage Blob |^Key Vault /, '');

function sampleSettings(): StackSettings {
  const read = readStackSettings(shown);
  if (!read.ok) throw new Error(read.faults.join('\n'));
  return read.settings;
}

function costs(size: string): string {
  const { resources, outputs } = stackOf(size);
  const steps = resources.map(
    ({ type, name, inputs = {} }): Step => ({
      ...{ op: 'create', type, name, inputs },
      ...{ changed: [], replacing: [], unprotected: false },
    }),
  );
  return ['```text', ...costLines(estimateCosts(steps, outputs.appSizes)), '```'].join('\n');
}

const settingRows = (): readonly (readonly string[])[] =>
  (Object.entries(stackSettings) as [keyof typeof stackSettings, StackSetting<unknown>][]).map(([name, row]) => [
    `\`${name}\`${row.secret ? ' (secret)' : ''}`,
    row.description,
    requiredSettings.includes(name)
      ? 'required'
      : row.default === undefined
        ? (row.absent ?? '')
        : row.default === ''
          ? 'none'
          : `\`${row.default}\``,
  ]);

/** The text of docs/stack.md. Pure but for the resource graphs that it reads; the same program gives the same text. */
export function stackDiagram(): string {
  const permissions = permissionsOf(sampleSettings());
  const standard = stackOf('standard').resources;
  return `<!-- Generated from the code by \`npm run docs\`; changes here are lost. -->
# A stack, part by part

[Deploying](deploy.md) says how to make one. The pictures and tables here are of a tenant of size \`standard\` whose event log and Temporal are elsewhere: the parts Log, Workflows and Backup hold nothing then.

## Parts

${parts(standard)}

${table(
  ['part', 'what it is for'],
  Object.entries(componentWords).map(([kind, words]) => [kind, words]),
)}

## Who may do what

Every arrow is a role that is assigned, on that one thing and nothing larger; roles on single secrets of the vault stand in the table alone. Nobody may write or list secrets. There is no other role and no shared key but the one of the storage for large notifications ([ADR 11](adr/0011-rbac-not-sas.md)).

${access(permissions)}

${table(
  ['who', 'role in Azure', 'on', 'why'],
  permissions.map(({ principal, role, scope, reason }) => [
    principals[principal] ?? `\`${principal}\``,
    role,
    scopeWords(scope),
    reason,
  ]),
)}

## Permissions in Microsoft 365

The service user consents to these, for itself alone (delegated):

${table(
  ['permission', 'why'],
  Object.entries(delegatedScopes).map(([name, why]) => [`\`${name}\``, why]),
)}

With \`eventsFeed\` a second registration gets this application permission, for which an administrator consents:

${table(
  ['permission', 'why'],
  Object.entries(applicationRoles).map(([name, why]) => [`\`${name}\``, why]),
)}

The desk has these roles; who has none sees nothing:

${table(
  ['role', 'may', 'setting that names its group'],
  deskRoles.map(({ value, description, group }) => [value, description, `\`${group}\``]),
)}

## Settings

\`tocsin tenant init <slug> --set name=value\`; secrets with \`--secret-file name=path\`. All faults are listed at once, before anything is made.

${table(['name', 'meaning', 'left out'], settingRows())}

## Sizes

\`size\` stands for these numbers; each can be given by itself.

${table(
  ['number', ...Object.keys(sizes)],
  Object.keys(sizes.small).map((name) => [
    `\`${name}\``,
    ...Object.values(sizes).map((size) => String(size[name as keyof typeof size])),
  ]),
)}

## What a month costs

The small stack is one machine with the embedded log; the standard one has log and Temporal elsewhere, which others charge for; the large one hosts both.

### small

${costs('small')}

### standard

${costs('standard')}

### large

${costs('large')}
`;
}

if (import.meta.main) writeFileSync(new URL('../docs/stack.md', import.meta.url), stackDiagram());
