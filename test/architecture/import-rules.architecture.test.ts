import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

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
});

const violations: readonly (readonly [rule: string, folder: string, code: string])[] = [
  ['domain-is-pure', 'domain', "import { readFileSync } from 'node:fs';\nexport const x = readFileSync;\n"],
  ['zod-only-in-schemas', 'domain', "import * as z from 'zod';\nexport const x = z;\n"],
  ['kernel-is-a-leaf', 'kernel', "import { namespace } from '#domain/names.ts';\nexport const x = namespace;\n"],
  [
    'ports-are-interfaces',
    'ports',
    "import { systemClock } from '#adapters/system/clock.ts';\nexport const x = systemClock;\n",
  ],
  [
    'processor-sees-ports-only',
    'processor/ingest',
    "import { systemClock } from '#adapters/system/clock.ts';\nexport const x = systemClock;\n",
  ],
  [
    'stages-never-meet',
    'processor/triage',
    "import { pause } from '#processor/ingest/append.ts';\nexport const x = pause;\n",
  ],
  [
    'projections-see-ports-only',
    'projections',
    "import { pause } from '#processor/ingest/append.ts';\nexport const x = pause;\n",
  ],
  [
    'adapters-implement-ports',
    'adapters/system',
    "import { pause } from '#processor/ingest/append.ts';\nexport const x = pause;\n",
  ],
  [
    'adapters-never-meet',
    'adapters/system',
    "import { matchesAny } from '#adapters/crypto/compare.ts';\nexport const x = matchesAny;\n",
  ],
  [
    'simulators-implement-ports',
    'simulator',
    "import { systemClock } from '#adapters/system/clock.ts';\nexport const x = systemClock;\n",
  ],
  ['web-reads-queries', 'web', "import { pause } from '#processor/ingest/append.ts';\nexport const x = pause;\n"],
  ['config-is-a-leaf', 'config', "import { namespace } from '#domain/names.ts';\nexport const x = namespace;\n"],
  [
    'workflows-see-ports-only',
    'workflows',
    "import { systemClock } from '#adapters/system/clock.ts';\nexport const x = systemClock;\n",
  ],
  [
    'workflow-definitions-are-deterministic',
    'workflows/definitions',
    "import { randomUUID } from 'node:crypto';\nexport const x = randomUUID;\n",
  ],
  ['infra-knows-config-only', 'infra', "import { namespace } from '#domain/names.ts';\nexport const x = namespace;\n"],
  [
    'nothing-imports-composition',
    'adapters/system',
    "import { exitCodes } from '#cli/exit-codes.ts';\nexport const x = exitCodes;\n",
  ],
  ['nothing-imports-main', 'cli', "import '#cli/main.ts';\n"],
  ['nothing-imports-test', 'cli', "import '#test/architecture/import-rules.architecture.test.ts';\n"],
  ['no-circular', 'kernel', "import * as self from '#kernel/planted-no-circular.ts';\nexport const x = self;\n"],
];

describe('an import rule that is broken', () => {
  const fileOf = (rule: string, folder: string) => `${folder}/planted-${rule}.ts`;
  let found: Cruise['summary']['violations'] = [];
  beforeAll(() => {
    found = cruise(...violations.map(([rule, folder, code]) => plant(fileOf(rule, folder), code))).summary.violations;
  });
  afterAll(() => {
    for (const file of planted.splice(0)) rmSync(join(root, file), { force: true });
  });

  it.each(violations)('%s is caught', (rule, folder) => {
    const here = found.filter(({ from }) => from === fileOf(rule, folder));
    expect(here.map((violation) => violation.rule.name)).toContain(rule);
  });
});
