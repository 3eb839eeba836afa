import { isComponent, type Step, valueAt } from '#infra/driver/step.ts';

/** Month of the prices below. They are an estimate for comparing sizes, never an offer. */
export const pricesAsOf = '2025-06';
/** What the prices are. */
export const pricesAre =
  'list prices of Azure in the region East US, pay as you go, in US dollars, rounded; yours differ by region, contract and use, and what others charge (Temporal Cloud, Kurrent Cloud, Microsoft 365) is not in it';

/** What one kind of resource costs in a month. */
export interface CostLine {
  readonly what: string;
  /** US dollars; `least` when idle, `most` when always busy. */
  readonly least: number;
  readonly most: number;
}

export interface CostEstimate {
  readonly lines: readonly CostLine[];
  readonly least: number;
  readonly most: number;
}

const hours = 730;
const seconds = hours * 3600;
/** Premium SSD by size in GB (P4 to P50), a month. */
const disks: readonly (readonly [number, number])[] = [
  [32, 5],
  [64, 10],
  [128, 20],
  [256, 38],
  [512, 73],
  [1024, 135],
  [2048, 259],
  [4096, 496],
];
/** A month of a machine for each virtual CPU of the series that the sizes name (Dasv5: 0.043 an hour). */
const perCpu = 0.043 * hours;

const number = (bag: unknown, path: string, otherwise: number): number => {
  const value = valueAt(bag, path);
  return typeof value === 'number' ? value : otherwise;
};
const fixed = (what: string, price: number): CostLine => ({ what, least: price, most: price });

function costOf({ type, name, inputs }: Step): CostLine | undefined {
  switch (type) {
    case 'azure-native:eventhub:Namespace': {
      const units = number(inputs, 'sku.capacity', 1);
      const most = number(inputs, 'maximumThroughputUnits', units);
      const premium = valueAt(inputs, 'sku.name') === 'Premium';
      const price = premium ? 900 : 0.03 * hours;
      return { what: `Event Hubs ${premium ? 'Premium' : 'Standard'}`, least: units * price, most: most * price };
    }
    case 'azure-native:app:ContainerApp': {
      const cpu = number(inputs, 'template.containers[0].resources.cpu', 0.5);
      const memory = Number.parseFloat(String(valueAt(inputs, 'template.containers[0].resources.memory') ?? '1Gi'));
      const copies = (path: string, otherwise: number) => number(inputs, `template.scale.${path}`, otherwise);
      const least = copies('minReplicas', 1);
      const one = (perCpuSecond: number) => seconds * (cpu * perCpuSecond + memory * 0.000_003);
      return {
        what: 'container apps',
        least: least * one(0.000_003),
        most: Math.max(least, copies('maxReplicas', least)) * one(0.000_024),
      };
    }
    case 'azure-native:compute:VirtualMachine': {
      const cpus = Number(/_[A-Z]+(\d+)/.exec(String(valueAt(inputs, 'hardwareProfile.vmSize')))?.[1] ?? 2);
      return fixed('virtual machines', cpus * perCpu + 5);
    }
    case 'azure-native:compute:Disk': {
      const size = number(inputs, 'diskSizeGB', 128);
      return fixed('disks of the log', disks.find(([most]) => size <= most)?.[1] ?? 496);
    }
    case 'azure-native:dbforpostgresql:Server': {
      const cpus = Number(/_[A-Z]+(\d+)/.exec(String(valueAt(inputs, 'sku.name')))?.[1] ?? 2);
      const doubled = valueAt(inputs, 'highAvailability.mode') === 'ZoneRedundant' ? 2 : 1;
      return fixed('PostgreSQL', doubled * (cpus * 0.089 * hours + 15));
    }
    case 'azure-native:network:NatGateway':
      return { what: 'NAT gateway', least: 0.045 * hours, most: 0.045 * hours + 10 };
    case 'azure-native:network:PublicIPAddress':
      return fixed('public addresses', 0.005 * hours);
    case 'azure-native:operationalinsights:Workspace':
      return { what: 'Log Analytics (2 to 20 GB)', least: 2 * 2.3, most: 20 * 2.3 };
    case 'azure-native:storage:StorageAccount':
      return { what: 'storage accounts', least: 0.5, most: name.includes('evidence') ? 10 : 3 };
    case 'azure-native:keyvault:Vault':
      return { what: 'key vaults', least: 0.5, most: 5 };
    case 'azure-native:monitor:MetricAlert':
      return fixed('alarms', 0.1);
    case 'azure-native:monitor:ScheduledQueryRule':
      return fixed('alarms', 1.5);
    case 'azure-native:privatedns:PrivateZone':
      return fixed('private zones', 0.5);
    case 'azure-native:dataprotection:BackupInstance':
      return { what: 'backups', least: 2, most: 25 };
    default:
      return undefined;
  }
}

/** Estimates a month of what there will be after the run. */
export function estimateCosts(steps: readonly Step[]): CostEstimate {
  const sums = new Map<string, CostLine>();
  for (const step of steps) {
    if (isComponent(step) || step.op === 'delete') continue;
    const cost = costOf(step);
    if (cost === undefined) continue;
    const so = sums.get(cost.what) ?? { what: cost.what, least: 0, most: 0 };
    sums.set(cost.what, { ...so, least: so.least + cost.least, most: so.most + cost.most });
  }
  const lines = [...sums.values()].sort((a, b) => b.most - a.most);
  return {
    lines,
    least: lines.reduce((sum, { least }) => sum + least, 0),
    most: lines.reduce((sum, { most }) => sum + most, 0),
  };
}

const dollars = (least: number, most: number): string => {
  const [low, high] = [Math.round(least), Math.round(most)];
  return low === high ? `${high}` : `${low} to ${high}`;
};

/** The estimate for a person: it says that it is one, and of when its prices are. */
export function costLines(estimate: CostEstimate): readonly string[] {
  return [
    `A month costs about ${dollars(estimate.least, estimate.most)} US dollars. This is an estimate with prices of ${pricesAsOf}:`,
    `${pricesAre}.`,
    ...estimate.lines
      .filter(({ most }) => most >= 1)
      .map(({ what, least, most }) => `  ${what.padEnd(28)} ${dollars(least, most)}`),
  ];
}
