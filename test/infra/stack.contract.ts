import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { everyRule } from '#infra/policy/rules/every-rule.ts';
import { checkArguments } from '#test/infra/check-arguments.ts';
import { canaries, type Given } from '#test/infra/given.ts';
import { bare, isSecret, type MockedStack, runStack } from '#test/infra/mocked-stack.ts';

/** Set to `write`, the golden files are made again; look at the difference before it is committed. */
const write = process.env['TOCSIN_TEST_GOLDEN'] === 'write';

/** What holds for every stack, whatever its settings. Returns the stack, for what holds for this one alone. */
export function stackContract(name: string, given: Given): () => MockedStack {
  let stack: MockedStack;
  beforeAll(async () => {
    stack = await runStack(given);
  });
  const custom = () => stack.resources.filter(({ type }) => !type.startsWith('tocsin:'));

  describe(`a ${name} stack`, () => {
    it('is the resource graph that was looked at', () => {
      const file = join(import.meta.dirname, `../fixtures/infra/${name}.json`);
      const graph = `${JSON.stringify(golden(stack), undefined, 1)}\n`;
      if (write || !existsSync(file)) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, graph);
      }
      expect(graph).toBe(readFileSync(file, 'utf8'));
    });

    it('gives every resource only arguments that its type declares', { timeout: 60_000 }, () => {
      const faults = custom().flatMap(({ type, name: resource, inputs }) =>
        checkArguments(type, bare(inputs) as Record<string, unknown>).map((fault) => `${type} ${resource}: ${fault}`),
      );
      expect(faults).toEqual([]);
    });

    it('keeps secrets where the engine encrypts them, and nowhere else', () => {
      const text = JSON.stringify([
        stack.resources.map(({ inputs }) => open(inputs)),
        open(stack.outputs),
        stack.calls,
      ]);
      for (const canary of Object.values(canaries)) expect(text).not.toContain(canary);
    });

    it('breaks no rule of the policy pack', () => {
      const faults = custom().flatMap(({ type, name: resource, inputs }) =>
        everyRule.flatMap((rule) =>
          rule
            .check({ type, name: resource, props: bare(inputs) as Record<string, unknown> })
            .map((fault) => `${rule.name}: ${resource}: ${fault}`),
        ),
      );
      expect(faults).toEqual([]);
    });

    it('puts every resource under a component, and no two with the same name and type', () => {
      expect(
        custom()
          .filter(({ parent }) => !parent?.startsWith('tocsin:infra:'))
          .map((one) => one.name),
      ).toEqual([]);
      const urns = stack.resources.map(({ type, name: resource }) => `${type}::${resource}`);
      expect(new Set(urns).size).toBe(urns.length);
    });

    it('leaves secrets and keys to their vault: whoever runs the stack may make them there, and delete none', () => {
      const inVaults = custom().filter(({ type }) => /:keyvault:(?:Secret|Key)$/.test(type));
      expect(inVaults.length).toBeGreaterThan(1);
      expect(inVaults.filter(({ retainOnDelete }) => !retainOnDelete).map((one) => one.name)).toEqual([]);
    });

    it('protects in production what holds evidence, keys or the address that Graph knows', () => {
      const holding =
        /^(?:resource-group|vault|master-key|subject-keys-|sign-in-key|sign-ins-|evidence-(?:storage|checkpoints|exports)|namespace|hub|(?:log-)?machine(?:-\d)?-disk|database|backup-vault)(?:$|storage|container)/;
      const unprotected = custom().filter(({ name: resource, type, protect }) => {
        const child = /Properties|Lock|RuleSet|Configuration|Database$|DiagnosticSetting/.test(type);
        return holding.test(resource) && !child && !protect;
      });
      expect(unprotected.map((one) => one.name)).toEqual([]);
      // Azure deletes with the group whatever is in it: without the group nothing would be retained.
      expect(custom().find(({ name: resource }) => resource === 'resource-group')?.retainOnDelete).toBe(true);
    });
  });
  return () => stack;
}

/** The value with `(secret)` in the place of everything that is encrypted. */
function open(value: unknown): unknown {
  if (isSecret(value)) return '(secret)';
  if (Array.isArray(value)) return value.map(open);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, open(one)]));
  return value;
}

/** The graph in an order of its own, cloud-init as lines that a person can read. */
function golden(stack: MockedStack): unknown {
  const key = (one: { type: string; name: string }) => `${one.type}::${one.name}`;
  return {
    resources: stack.resources
      .toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
      .map(({ type, name, parent, inputs, protect, retainOnDelete }) => ({
        type,
        name,
        ...(parent === undefined ? {} : { parent }),
        ...(protect ? { protect } : {}),
        ...(retainOnDelete ? { retainOnDelete } : {}),
        inputs: readable(open(inputs)),
      })),
    outputs: open(stack.outputs),
  };
}

function readable(value: unknown, key = ''): unknown {
  if (key === 'customData' && typeof value === 'string') return Buffer.from(value, 'base64').toString().split('\n');
  if (key === 'serializedData' && typeof value === 'string') return JSON.parse(value);
  if (Array.isArray(value)) return value.map((one) => readable(one));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, one]) => [name, readable(one, name)]),
    );
  return value;
}
