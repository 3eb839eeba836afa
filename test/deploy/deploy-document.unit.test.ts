import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createProgram } from '#cli/program.ts';
import { pricesAsOf } from '#infra/driver/costs.ts';
import { permissionsOf } from '#infra/roles-and-permissions.ts';
import { stackSettings } from '#infra/settings/schema.ts';
import { standard } from '#test/infra/given.ts';
import { settingsOf } from '#test/infra/settings-of.ts';
import { stackDiagram } from '../../scripts/generate-stack-diagram.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const deploy = read('docs/deploy.md');
const stack = read('docs/stack.md');

describe('docs/stack.md', () => {
  it('is what the program says', () => {
    expect(stack).toBe(stackDiagram());
  });

  it('has every setting of a stack', () => {
    for (const name of Object.keys(stackSettings)) expect(stack, name).toContain(`| \`${name}\``);
  });

  it('has every role assignment of the stack that it shows', () => {
    const lines = stack.split('\n');
    for (const { reason, role } of permissionsOf(settingsOf(standard)).filter(
      ({ scope }) => !scope.startsWith('secret-'),
    ))
      expect(
        lines.some((line) => line.includes(reason) && line.includes(role)),
        reason,
      ).toBe(true);
  });
});

describe('docs/deploy.md', () => {
  it('names only settings that there are', () => {
    for (const [, name = ''] of deploy.matchAll(/--(?:set|secret-file) (\w+)=/g))
      expect(Object.keys(stackSettings), name).toContain(name);
  });

  it('gives settings that are enough for a stack', () => {
    const [example = ''] = /tocsin tenant init contoso \\[\s\S]+?```/.exec(deploy) ?? [];
    const given = Object.fromEntries(
      [...example.matchAll(/--(set|secret-file) (\w+)=(\S+)/g)].map(([, kind, name = '', value = '']) => [
        name,
        kind === 'secret-file' ? 'esdb://user:password@log.contoso.com:2113' : value,
      ]),
    );
    const digest = `contoso.azurecr.io/tocsin@sha256:${'a'.repeat(64)}`;
    const registry =
      '/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/x/providers/Microsoft.ContainerRegistry/registries/contoso';
    expect(settingsOf({ tenant: 'contoso', ...given, image: digest, registry })).toMatchObject({
      domain: 'contoso.com',
      temporal: 'cloud',
    });
  });

  it('names the month of the prices', () => {
    expect(deploy).toContain(`**${pricesAsOf}**`);
  });

  it('assumes the prices that the estimate assumes', () => {
    const costs = read('infra/driver/costs.ts').replaceAll('_', '');
    for (const price of [
      '0.03 * hours',
      '900',
      '0.000024',
      '0.000003',
      '0.043 * hours',
      '0.089',
      '0.034',
      '0.115',
      '0.045 * hours',
      '0.005 * hours',
      '2.3',
    ])
      expect(costs, price).toContain(price);
  });

  it('registers every provider of Azure that a stack needs', () => {
    const [, list = ''] = /for provider in ([\w ]+); do/.exec(deploy) ?? [];
    const registered = list.toLowerCase().split(' ');
    // The resource group needs no provider, a workbook is one of Insights, and a private zone one of Network.
    const others: Record<string, string> = {
      applicationinsights: 'insights',
      monitor: 'insights',
      privatedns: 'network',
    };
    for (const size of ['small', 'standard', 'large']) {
      const { resources } = JSON.parse(read(`test/fixtures/infra/${size}.json`)) as { resources: { type: string }[] };
      for (const { type } of resources) {
        const module = /^azure-native:(\w+):/.exec(type)?.[1];
        if (module !== undefined && module !== 'resources') expect(registered).toContain(others[module] ?? module);
      }
    }
  });

  it('names only commands that there are, or that are said to come', () => {
    const coming = ['audit export', 'audit verify'];
    const names = new Set<string>();
    const walk = (command: ReturnType<typeof createProgram>, path: string): void => {
      for (const one of command.commands) {
        const name = `${path} ${one.name()}`.trim();
        names.add(name);
        walk(one as ReturnType<typeof createProgram>, name);
      }
    };
    walk(createProgram(), '');
    for (const [, noun = '', verb = ''] of deploy.matchAll(/(?:npx |exec \w+ |`)tocsin ([a-z-]+)(?: ([a-z-]+))?/g)) {
      const known =
        names.has(noun) &&
        (verb === '' || names.has(`${noun} ${verb}`) || ![...names].some((name) => name.startsWith(`${noun} `)));
      expect(known || coming.includes(`${noun} ${verb}`), `tocsin ${noun} ${verb}`).toBe(true);
    }
  });

  it('links only to pages and headings that there are', () => {
    for (const [, target = ''] of deploy.matchAll(/\]\(([^)]+)\)/g)) {
      const [page = '', heading] = target.split('#');
      const text = page === '' ? deploy : read(`docs/${page}`);
      if (page !== '') expect(existsSync(new URL(`../../docs/${page}`, import.meta.url)), page).toBe(true);
      const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, words = '']) =>
        words
          .toLowerCase()
          .replace(/[^\w\- ]/g, '')
          .replaceAll(' ', '-'),
      );
      if (heading !== undefined) expect(headings).toContain(heading);
    }
  });
});
