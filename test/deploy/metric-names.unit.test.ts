import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createMetrics } from '#cli/roles/metrics.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Names that a scrape of a role returns: of histograms the three that there are. */
async function exposed(): Promise<Map<string, readonly string[]>> {
  const { registry, text } = createMetrics('0.0.0');
  await text();
  const names = new Map<string, readonly string[]>();
  for (const metric of await registry.getMetricsAsJSON()) {
    const { labelNames = [] } = registry.getSingleMetric(metric.name) as unknown as {
      readonly labelNames?: readonly string[];
    };
    const parts = String(metric.type) === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    for (const part of parts)
      names.set(`${metric.name}${part}`, part === '_bucket' ? [...labelNames, 'le'] : labelNames);
  }
  // The desk adds what only it knows.
  const desk = [...read('web/routes/probes.ts').matchAll(/gauge\('(tocsin_\w+)'/g)].map(([, name = '']) => name);
  expect(desk).not.toEqual([]);
  for (const name of desk) names.set(name, ['sound']);
  // Prometheus' own.
  for (const name of ['up', 'ALERTS']) names.set(name, ['alertname', 'alertstate']);
  return names;
}

/** Names of metrics in an expression of PromQL: words that are neither functions, nor labels, nor texts. */
function namesIn(expression: string): readonly string[] {
  const bare = expression
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, '')
    .replace(/\b(offset|and|or|unless|bool)\b(\s+\d+[smhdw])?/g, '');
  return [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\w*\s*\()/g)].map(([name]) => name).filter((name) => !/^\d/.test(name));
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
const rulesOf = (path: string): readonly Rule[] =>
  (parse(read(path)) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules);
const rules = [...rulesOf('deploy/prometheus/alerts.yml'), ...rulesOf('deploy/prometheus/alerts-subscribing.yml')];
const board = JSON.parse(read('deploy/grafana/boards/tocsin.json')) as {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly description: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly expr: string }[];
  }[];
};
const expressions = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...board.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
];

describe('alarms and board', () => {
  it('finds the names in an expression', () => {
    expect(namesIn('max by (partition) (a_total{b="c"}) > 10 or sum(rate(d_bucket[5m] offset 10m)) unless e')).toEqual([
      'a_total',
      'd_bucket',
      'e',
    ]);
  });

  it.each(expressions)('“%s” asks only for metrics that a role exposes', async (_, expression) => {
    const names = await exposed();
    expect(namesIn(expression).length).toBeGreaterThan(0);
    for (const name of namesIn(expression)) expect([...names.keys()], name).toContain(name);
  });

  it.each(expressions)('“%s” groups by labels that there are', async (_, expression) => {
    const names = await exposed();
    // `role` comes from the scrape.
    const known = new Set([...[...names.values()].flat(), 'role']);
    for (const [, labels = ''] of expression.matchAll(/\bby\s*\(([^)]*)\)/g))
      for (const label of labels.split(',').map((one) => one.trim())) expect(known).toContain(label);
  });

  it('every metric of ours is on the board or behind an alarm, the version apart', async () => {
    const used = new Set(expressions.flatMap(([, expression]) => namesIn(expression)));
    const unused = [...(await exposed()).keys()].filter(
      (name) => name.startsWith('tocsin_') && !/_(sum|count)$/.test(name) && !used.has(name),
    );
    expect(unused).toEqual([]);
  });

  it('every alarm has a name of its own, a severity, what it means and what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations } of rules) {
      expect(['page', 'ticket'], alert).toContain(labels?.['severity']);
      expect(annotations?.['summary'], alert).toMatch(/\.$/);
      expect(annotations?.['action'], alert).toMatch(/\.$/);
    }
  });

  it('no two charts lie on each other, and each says what it shows', () => {
    const taken = new Set<string>();
    for (const { title, description, gridPos } of board.panels) {
      expect(description, title).toMatch(/\.$/);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken, title).not.toContain(`${x},${y}`);
          taken.add(`${x},${y}`);
        }
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    }
  });

  it('Prometheus scrapes every role where compose.yaml lets it answer, and loads every file of alarms', () => {
    const config = parse(read('deploy/prometheus/prometheus.yml')) as {
      readonly rule_files: readonly string[];
      readonly scrape_configs: readonly {
        readonly job_name: string;
        readonly static_configs: readonly {
          readonly targets: readonly string[];
          readonly labels?: { readonly role?: string };
        }[];
      }[];
    };
    expect(config.rule_files).toEqual(['alerts.yml', 'alerts-subscribing.yml']);
    const { services } = parse(read('compose.yaml'), { merge: true }) as {
      services: Record<string, { environment?: Record<string, string> }>;
    };
    const job = config.scrape_configs.find(({ job_name }) => job_name === 'tocsin');
    expect(job?.static_configs.map(({ labels }) => labels?.role)).toEqual([
      'ingest',
      'triage',
      'resolve',
      'worker',
      'desk',
    ]);
    for (const { targets, labels } of job?.static_configs ?? []) {
      const { TOCSIN_PROBES, TOCSIN_HTTP } = services[labels?.role ?? '']?.environment ?? {};
      expect(targets).toEqual([labels?.role === 'desk' ? TOCSIN_HTTP : TOCSIN_PROBES]);
    }
  });
});
