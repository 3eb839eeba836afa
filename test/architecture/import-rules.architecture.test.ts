import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folders = [
  'adapters',
  'bench',
  'cli',
  'config',
  'domain',
  'infra',
  'kernel',
  'ports',
  'processor',
  'projections',
  'simulator',
  'tools',
  'web',
  'workflows',
];
const planted: string[] = [];

interface Cruise {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

function cruise(...paths: readonly string[]): Cruise {
  let text: string;
  try {
    text = execFileSync(
      join(root, 'node_modules/.bin/depcruise'),
      [...paths, '--config', '.dependency-cruiser.cjs', '--output-type', 'json'],
      { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 64 * 1024 ** 2 },
    );
  } catch (error) {
    text = (error as { stdout: string }).stdout;
  }
  return JSON.parse(text) as Cruise;
}

function plant(file: string, code: string): string {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), code);
  planted.push(file);
  return file;
}

afterEach(() => {
  for (const file of planted.splice(0)) rmSync(join(root, file), { force: true });
});

describe('import rules', () => {
  it('hold, and were checked on every source file', () => {
    const result = cruise(...folders);
    expect(result.summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`)).toEqual([]);
    const files = execFileSync(
      'git',
      ['ls-files', '--cached', '--others', '--exclude-standard', ...folders.map((folder) => `${folder}/**.ts`)],
      { cwd: root, encoding: 'utf8' },
    )
      .split('\n')
      .filter((file) => file !== '' && !file.startsWith('web/browser/'));
    const seen = new Set(result.modules.map(({ source }) => source));
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((file) => !seen.has(file))).toEqual([]);
  });

  const violations: readonly (readonly [rule: string, file: string, code: string])[] = [
    [
      'domain-is-pure',
      'domain/planted.ts',
      "import { readFileSync } from 'node:fs';\nexport const x = readFileSync;\n",
    ],
    ['zod-only-in-schemas', 'domain/planted.ts', "import * as z from 'zod';\nexport const x = z;\n"],
    [
      'kernel-is-a-leaf',
      'kernel/planted.ts',
      "import { namespace } from '#domain/names.ts';\nexport const x = namespace;\n",
    ],
    [
      'ports-are-interfaces',
      'ports/planted.ts',
      "import { systemClock } from '#adapters/system/clock.ts';\nexport const x = systemClock;\n",
    ],
    [
      'processor-sees-ports-only',
      'processor/ingest/planted.ts',
      "import { systemClock } from '#adapters/system/clock.ts';\nexport const x = systemClock;\n",
    ],
    [
      'stages-never-meet',
      'processor/triage/planted.ts',
      "import { pause } from '#processor/ingest/append.ts';\nexport const x = pause;\n",
    ],
    [
      'projections-see-ports-only',
      'projections/planted.ts',
      "import { pause } from '#processor/ingest/append.ts';\nexport const x = pause;\n",
    ],
    [
      'adapters-implement-ports',
      'adapters/system/planted.ts',
      "import { pause } from '#processor/ingest/append.ts';\nexport const x = pause;\n",
    ],
    [
      'adapters-never-meet',
      'adapters/system/planted.ts',
      "import { matchesAny } from '#adapters/crypto/compare.ts';\nexport const x = matchesAny;\n",
    ],
    [
      'simulators-implement-ports',
      'simulator/planted.ts',
      "import { systemClock } from '#adapters/system/clock.ts';\nexport const x = systemClock;\n",
    ],
    [
      'web-reads-queries',
      'web/planted.ts',
      "import { pause } from '#processor/ingest/append.ts';\nexport const x = pause;\n",
    ],
    [
      'config-is-a-leaf',
      'config/planted.ts',
      "import { namespace } from '#domain/names.ts';\nexport const x = namespace;\n",
    ],
    [
      'workflows-see-ports-only',
      'workflows/planted.ts',
      "import { systemClock } from '#adapters/system/clock.ts';\nexport const x = systemClock;\n",
    ],
    [
      'workflow-definitions-are-deterministic',
      'workflows/definitions/planted.ts',
      "import { randomUUID } from 'node:crypto';\nexport const x = randomUUID;\n",
    ],
    [
      'infra-knows-config-only',
      'infra/planted.ts',
      "import { namespace } from '#domain/names.ts';\nexport const x = namespace;\n",
    ],
    [
      'nothing-imports-composition',
      'adapters/system/planted.ts',
      "import { exitCodes } from '#cli/exit-codes.ts';\nexport const x = exitCodes;\n",
    ],
    ['nothing-imports-main', 'cli/planted.ts', "import '#cli/main.ts';\n"],
    ['nothing-imports-test', 'cli/planted.ts', "import '#test/architecture/import-rules.architecture.test.ts';\n"],
    ['no-circular', 'kernel/planted.ts', "import * as self from '#kernel/planted.ts';\nexport const x = self;\n"],
  ];
  it.each(violations)('%s is caught', (rule, file, code) => {
    const result = cruise(plant(file, code));
    expect(
      result.summary.violations.filter(({ from }) => from === file).map((violation) => violation.rule.name),
    ).toContain(rule);
  });
});
