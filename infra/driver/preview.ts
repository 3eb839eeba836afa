import { componentWord, isComponent, type Step, valueAt } from '#infra/driver/step.ts';
import { componentWords, isInVault, placeOf, reasonFor, wordsOf } from '#infra/driver/words.ts';

/** A line of text with a meaning that a terminal may show as a colour. */
export interface Line {
  readonly text: string;
  readonly tone?: 'title' | 'new' | 'changed' | 'danger' | 'faint';
}

/** What happens to the resources of one component. */
export interface PreviewGroup {
  /** Such as `Ingest`; `Other` for what has no component. */
  readonly component: string;
  readonly about: string;
  readonly steps: readonly Step[];
  readonly unchanged: number;
}

const other = 'Other';

/** Steps by component in the order of the words; what stays as it is is only counted. */
export function groupPreview(steps: readonly Step[]): readonly PreviewGroup[] {
  const order = [...Object.keys(componentWords), other];
  const resources = steps.filter((step) => !isComponent(step));
  const of = (step: Step) => {
    const word = componentWord(step.component);
    return order.includes(word) ? word : other;
  };
  return order.flatMap((component) => {
    const own = resources.filter((step) => of(step) === component);
    if (own.length === 0) return [];
    const changing = own.filter(
      ({ op, unprotected }) => unprotected || !(op === 'same' || op === 'read' || op === 'refresh'),
    );
    return [
      {
        component,
        about: componentWords[component] ?? 'what belongs to no component',
        steps: changing.toSorted((a, b) => placeOf(a.type) - placeOf(b.type) || (a.name < b.name ? -1 : 1)),
        unchanged: own.length - changing.length,
      },
    ];
  });
}

const marks: Readonly<Record<Step['op'], { readonly mark: string; readonly tone?: NonNullable<Line['tone']> }>> = {
  create: { mark: '+', tone: 'new' },
  import: { mark: '=', tone: 'new' },
  update: { mark: '~', tone: 'changed' },
  replace: { mark: '!', tone: 'danger' },
  delete: { mark: '-', tone: 'danger' },
  same: { mark: ' ' },
  read: { mark: ' ' },
  refresh: { mark: ' ' },
};

/** The preview for a person: by component, what and why, with what is made anew or deleted in a tone of its own. */
export function previewLines(groups: readonly PreviewGroup[]): readonly Line[] {
  return groups.flatMap((group): readonly Line[] => {
    const title = { text: `${group.component}: ${group.about}`, tone: 'title' } as const;
    if (group.steps.length === 0)
      return [{ text: `${group.component}: nothing changes (${group.unchanged})`, tone: 'faint' }];
    const rest =
      group.unchanged === 0 ? [] : [{ text: `    ${group.unchanged} stay as they are`, tone: 'faint' } as const];
    return [{ text: '' }, title, ...group.steps.flatMap(stepLines), ...rest];
  });
}

function stepLines(step: Step): readonly Line[] {
  const { mark, tone } = marks[step.op === 'same' && step.unprotected ? 'update' : step.op];
  const { what } = wordsOf(step.type);
  const why = reasonOf(step);
  const shown = nameOf(step);
  const text = `  ${mark} ${what.padEnd(26)} ${shown}${why === undefined ? '' : `: ${why}`}`;
  const line: Line = tone === undefined ? { text } : { text, tone };
  const seen = new Set<string>();
  const changes =
    step.op === 'update' || step.op === 'replace'
      ? step.changed.filter((path) => !seen.has(path) && seen.add(path))
      : [];
  return [
    line,
    ...changes.slice(0, 8).map((path): Line => {
      const replacing = step.replacing.includes(path) || step.replacing.includes(path.split(/[.[]/)[0] ?? '');
      return {
        text: `      ${path}: ${changeWords(valueAt(step.before, path), valueAt(step.inputs, path))}${replacing && step.op === 'replace' ? ', which needs a new one' : ''}`,
        tone: replacing && step.op === 'replace' ? 'danger' : 'faint',
      };
    }),
    ...(changes.length > 8 ? [{ text: `      and ${changes.length - 8} more`, tone: 'faint' } as const] : []),
    ...(step.unprotected
      ? [{ text: '      its protection against deletion is taken off', tone: 'danger' } as const]
      : []),
    ...(step.op === 'delete' && isInVault(step.type)
      ? [{ text: '      it stays in its vault as long as that is there', tone: 'faint' } as const]
      : []),
    ...(step.op === 'replace'
      ? [{ text: '      the old one is deleted, with what it holds', tone: 'danger' } as const]
      : []),
  ];
}

/** Why there is such a resource: what it says itself, or what the tables say. */
export function reasonOf({ type, name, inputs }: Pick<Step, 'type' | 'name' | 'inputs'>): string | undefined {
  const own = [inputs['notes'], inputs['description']].find((text) => typeof text === 'string');
  if (own !== undefined && /RoleAssignment|Lock|Alert|QueryRule/.test(type)) return own;
  if (own !== undefined && /:Application$/.test(type)) return firstSentence(own);
  return reasonFor(type, name);
}

/** As it stands behind a colon. */
function firstSentence(text: string): string {
  const [first = text] = text.split('. ');
  return `${first.charAt(0).toLowerCase()}${first.slice(1)}`;
}

/** Its name in Azure where it has one of its own, else that in the program. */
function nameOf(step: Step): string {
  const { type, inputs, name } = step;
  const own = [
    'containerAppName',
    'environmentName',
    'diskName',
    'vmName',
    'serverName',
    'namespaceName',
    'vaultName',
    'accountName',
    'natGatewayName',
    'publicIpAddressName',
    'virtualNetworkName',
    'networkSecurityGroupName',
    'workspaceName',
    'actionGroupName',
    'displayName',
  ];
  const wholes =
    /ContainerApp$|ManagedEnvironment|Disk$|VirtualMachine$|:Server$|:Namespace$|:Vault$|BackupVault|StorageAccount|NatGateway|PublicIPAddress|VirtualNetwork$|NetworkSecurityGroup|Workspace|ActionGroup|:Application$/;
  if (type.endsWith(':ResourceGroup')) return textOr(inputs['resourceGroupName'], name);
  if (!wholes.test(type)) return name;
  return textOr(
    own.map((key) => inputs[key]).find((value) => typeof value === 'string'),
    name,
  );
}

/** Not known before something else was made. */
const unknown = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' && value !== unknown ? value : otherwise;
}

/** Letters of a value that are shown. */
const longest = 60;

/** What a value was and will be. Of two long texts the part that differs is shown, with some words before it. */
export function changeWords(before: unknown, after: unknown): string {
  if (typeof before !== 'string' || typeof after !== 'string' || Math.max(before.length, after.length) <= longest)
    return `${valueWords(before)} -> ${valueWords(after)}`;
  const differs = before.split('').findIndex((letter, index) => letter !== after[index]);
  const from = Math.max(0, (differs < 0 ? before.length : differs) - 20);
  const part = (text: string) => (from === 0 ? valueWords(text) : `...${valueWords(text.slice(from))}`);
  return `${part(before)} -> ${part(after)}`;
}

/** A value in a few words. */
export function valueWords(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (value === unknown) return 'known later';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest - 3)}...` : text === '' ? 'empty' : text;
}
