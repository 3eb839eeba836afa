/** Numbers that a size stands for. */
export interface Size {
  readonly eventHubsTier: 'Standard' | 'Premium';
  readonly throughputUnits: number;
  readonly throughputUnitsMost: number;
  readonly partitions: number;
  readonly ingestMost: number;
  readonly deskMost: number;
  readonly logNodes: '1' | '3';
  readonly logDiskGb: number;
  readonly machineSize: string;
}

/** One throughput unit takes in 1,000 messages or 1 MB a second; one partition about as much (Event Hubs quotas). */
export const sizes: Readonly<Record<'small' | 'standard' | 'large', Size>> = {
  small: {
    eventHubsTier: 'Standard',
    throughputUnits: 1,
    throughputUnitsMost: 2,
    partitions: 2,
    ingestMost: 2,
    deskMost: 1,
    logNodes: '1',
    logDiskGb: 64,
    machineSize: 'Standard_D2as_v5',
  },
  standard: {
    eventHubsTier: 'Standard',
    throughputUnits: 1,
    throughputUnitsMost: 8,
    partitions: 8,
    ingestMost: 4,
    deskMost: 2,
    logNodes: '3',
    logDiskGb: 128,
    machineSize: 'Standard_D2as_v5',
  },
  large: {
    eventHubsTier: 'Premium',
    throughputUnits: 1,
    throughputUnitsMost: 1,
    partitions: 32,
    ingestMost: 16,
    deskMost: 4,
    logNodes: '3',
    logDiskGb: 512,
    machineSize: 'Standard_D4as_v5',
  },
};
