import { isComponent, type Step, valueAt } from '#infra/driver/step.ts';
import type { StackPlan } from '#infra/stack-plan.ts';

/**
 * Month of the youngest of the prices below. They are an estimate for comparing sizes, never an offer. Compared with published copies of Azure's price list:
 * Container Apps ("CPU/memory sizing methodology and cost estimate", from the Azure Retail Prices API, 2026-05-14); Event Hubs Standard, P4 disk, NAT gateway,
 * public address, alarms, operations of key vaults (results of Infracost's tests, East US, from the same API, undated); Log Analytics ("Azure Monitor cost 2026");
 * Dasv5 (about 63 a month for two CPUs). Not compared, for want of a copy: Event Hubs Premium, PostgreSQL's sizes in East US, disks above 1 TB, copies of disks.
 */
export const pricesAsOf = '2026-05';
/** What the prices are. */
export const pricesAre =
  'list prices of Azure in the region East US, pay as you go, in US dollars, rounded and not all checked; yours differ by region, contract and use, and what others charge (Temporal Cloud, Kurrent Cloud, Microsoft 365) is not in it';

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
/** Premium SSD by size in GB (P4 to P50), a month: P4 5.28, P10 19.71, P20 73.22, P30 135.17. */
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

/** A month of an alarm that asks the logs, by how often it asks (ISO 8601). */
const alarmPrice = (every: string): number => ({ PT1M: 3, PT5M: 1.5, PT10M: 1 })[every] ?? 0.5;

const number = (bag: unknown, path: string, otherwise: number): number => {
  const value = valueAt(bag, path);
  return typeof value === 'number' ? value : otherwise;
};
const fixed = (what: string, price: number): CostLine => ({ what, least: price, most: price });

function costOf({ type, name, inputs }: Step, sizes: StackPlan['appSizes']): CostLine | undefined {
  switch (type) {
    case 'azure-native:eventhub:Namespace': {
      const units = number(inputs, 'sku.capacity', 1);
      const most = number(inputs, 'maximumThroughputUnits', units);
      const premium = valueAt(inputs, 'sku.name') === 'Premium';
      const price = premium ? 900 : 0.03 * hours;
      return { what: `Event Hubs ${premium ? 'Premium' : 'Standard'}`, least: units * price, most: most * price };
    }
    case 'azure-native:app:ContainerApp': {
      const { cpu, memoryGi, least, most } = sizes[name] ?? { cpu: 0.5, memoryGi: 1, least: 1, most: 1 };
      const one = (perCpuSecond: number) => seconds * (cpu * perCpuSecond + memoryGi * 0.000_003);
      return { what: 'container apps', least: least * one(0.000_003), most: most * one(0.000_024) };
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
      // B2s is less than half of D2ds_v5.
      const hourly = valueAt(inputs, 'sku.tier') === 'Burstable' ? 0.034 : 0.089;
      const storage = number(inputs, 'storage.storageSizeGB', 128) * 0.115;
      return fixed('PostgreSQL', doubled * (cpus * hourly * hours + storage));
    }
    case 'azure-native:network:NatGateway':
      // And as much again for each GB.
      return { what: 'NAT gateway', least: 0.045 * hours, most: 0.045 * (hours + 200) };
    case 'azure-native:network:PublicIPAddress':
      return fixed('public addresses', 0.005 * hours);
    case 'azure-native:operationalinsights:Workspace':
      // The first 5 GB of a month are free.
      return { what: 'Log Analytics (2 to 20 GB)', least: 0, most: (20 - 5) * 2.3 };
    case 'azure-native:storage:StorageAccount':
      return { what: 'storage accounts', least: 0.5, most: name.includes('evidence') ? 10 : 3 };
    case 'azure-native:keyvault:Vault':
      return { what: 'key vaults', least: 0.5, most: 5 };
    case 'azure-native:monitor:MetricAlert':
      return fixed('alarms', 0.1);
    case 'azure-native:monitor:ScheduledQueryRule':
      return fixed('alarms', alarmPrice(String(valueAt(inputs, 'evaluationFrequency'))));
    case 'azure-native:privatedns:PrivateZone':
      return fixed('private zones', 0.5);
    case 'azure-native:dataprotection:BackupInstance':
      return { what: 'backups', least: 2, most: 25 };
    default:
      return undefined;
  }
}

/**
 * Estimates a month of what there will be after the run.
 * @param sizes of the container apps: before they are made the engine does not know what is in them
 */
export function estimateCosts(steps: readonly Step[], sizes: StackPlan['appSizes']): CostEstimate {
  const sums = new Map<string, CostLine>();
  for (const step of steps) {
    if (isComponent(step) || step.op === 'delete') continue;
    const cost = costOf(step, sizes);
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
