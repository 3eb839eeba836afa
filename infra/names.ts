import { suffixOf } from '#infra/stable-hash.ts';

/** What a tenant's slug may be: 2 to 20 characters, lower-case letters, digits and single hyphens, a letter first and no hyphen last. */
export const slugPattern = /^(?=.{2,20}$)[a-z](?:-?[a-z0-9])*$/;

/** Lengths and characters that Azure allows, from "Naming rules and restrictions for Azure resources" (learn.microsoft.com). */
export const nameRules = {
  resourceGroup: { pattern: /^[\w().-]{0,89}[\w()-]$/, global: false },
  eventHubNamespace: { pattern: /^[a-zA-Z][a-zA-Z0-9-]{4,48}[a-zA-Z0-9]$/, global: true },
  vault: { pattern: /^(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$/, global: true },
  storage: { pattern: /^[a-z0-9]{3,24}$/, global: true },
  database: { pattern: /^[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/, global: true },
  identity: { pattern: /^[a-zA-Z0-9][\w-]{2,127}$/, global: false },
  containerApp: { pattern: /^(?!.*--)[a-z][a-z0-9-]{0,30}[a-z0-9]$/, global: false },
  virtualMachine: { pattern: /^[a-zA-Z0-9][a-zA-Z0-9-]{0,62}[a-zA-Z0-9]$/, global: false },
  partnerTopic: { pattern: /^[a-zA-Z0-9-]{3,50}$/, global: true },
  common: { pattern: /^[a-zA-Z0-9][\w.-]{0,60}[a-zA-Z0-9_]$/, global: false },
} as const;

export type NameRule = keyof typeof nameRules;

/** The roles of the program that run in a stack; the same words as `tocsin run`. */
export const roles = ['ingest', 'triage', 'resolve', 'desk', 'worker'] as const;
export type Role = (typeof roles)[number];

/** One name and the rule that it keeps. */
export interface Name {
  readonly rule: NameRule;
  readonly value: string;
}

/** What names are made from. They never change for a stack, so neither do the names. */
export interface NameSource {
  /** The tenant's slug; see {@link slugPattern}. */
  readonly slug: string;
  /** The Azure subscription: names that all of Azure shares differ between two customers with the same slug. */
  readonly subscriptionId: string;
}

/**
 * Every name of a stack, explicit: the notification URL that Graph stores holds the namespace and the hub, so a generated name would end the
 * subscription when it changes. Names that all of Azure shares end in a hash of slug and subscription.
 */
export function namesOf({ slug, subscriptionId }: NameSource) {
  const suffix = suffixOf(subscriptionId, slug);
  const short = (length: number) => slug.slice(0, length).replace(/-$/, '');
  const storage = (purpose: string): Name => ({
    rule: 'storage',
    value: `st${purpose}${slug.replaceAll('-', '').slice(0, 11)}${suffix}`,
  });
  const vault = (start: string): Name => ({ rule: 'vault', value: `${start}-${short(11)}-${suffix}` });
  const plain = (start: string, end = ''): Name => ({ rule: 'common', value: `${start}-tocsin-${slug}${end}` });
  return {
    resourceGroup: { rule: 'resourceGroup', value: `rg-tocsin-${slug}` },
    network: plain('vnet'),
    natGateway: plain('ng'),
    outboundAddress: plain('pip', '-outbound'),
    deskAddress: plain('pip', '-desk'),
    machineRules: plain('nsg', '-machines'),
    environment: { rule: 'containerApp', value: `cae-${slug}` },
    eventHubNamespace: { rule: 'eventHubNamespace', value: `evhns-${slug}-${suffix}` },
    keyVault: vault('kv'),
    graphVault: vault('kvg'),
    ownershipStorage: storage('own'),
    largePayloadStorage: storage('big'),
    keyStorage: storage('key'),
    evidenceStorage: storage('evd'),
    deadLetterStorage: storage('ded'),
    /** Names of partner topics are unique within a region. */
    partnerTopic: { rule: 'partnerTopic', value: `pt-${slug}-${suffix}` },
    database: { rule: 'database', value: `psql-${slug}-${suffix}` },
    backupVault: plain('bvault'),
    workspace: plain('log'),
    actionGroup: plain('ag'),
    temporal: { rule: 'containerApp', value: `ca-${slug}-temporal` },
    machine: { rule: 'virtualMachine', value: `vm-${slug}` },
    logNode1: { rule: 'virtualMachine', value: `vm-${slug}-log1` },
    logNode2: { rule: 'virtualMachine', value: `vm-${slug}-log2` },
    logNode3: { rule: 'virtualMachine', value: `vm-${slug}-log3` },
    machineIdentity: { rule: 'identity', value: `id-${slug}-machine` },
    gridIdentity: { rule: 'identity', value: `id-${slug}-grid` },
    logIdentity: { rule: 'identity', value: `id-${slug}-log` },
    temporalIdentity: { rule: 'identity', value: `id-${slug}-temporal` },
    ...(Object.fromEntries(
      roles.flatMap((role) => [
        [`${role}Identity`, { rule: 'identity', value: `id-${slug}-${role}` }],
        [`${role}App`, { rule: 'containerApp', value: `ca-${slug}-${role}` }],
      ]),
    ) as Record<`${Role}Identity` | `${Role}App`, Name>),
  } satisfies Record<string, Name>;
}

export type Names = ReturnType<typeof namesOf>;

/** Names that break the rule of their kind, as sentences; empty for every slug that {@link slugPattern} lets through. */
export function nameFaults(names: Names): readonly string[] {
  return Object.entries(names as Record<string, Name>)
    .filter(([, { rule, value }]) => !nameRules[rule].pattern.test(value))
    .map(([key, { rule, value }]) => `the name ${value} (${key}) breaks Azure's rule for ${rule}`);
}

/** Names inside a resource of our own, the same in every stack. */
export const innerNames = {
  hub: 'teams-emergency',
  consumerGroup: 'tocsin',
  ownershipContainer: 'partition-ownership',
  subjectKeysContainer: 'subject-keys',
  signInsContainer: 'sign-ins',
  /** Graph writes to a container of exactly this name (Microsoft Graph: change notifications through Event Hubs). */
  largePayloadContainer: 'microsoft-graph-change-notifications',
  deadLettersContainer: 'dead-letters',
  /** Letters and digits alone. */
  eventSubscription: 'tocsin',
  checkpointsContainer: 'checkpoints',
  exportsContainer: 'exports',
  masterKey: 'master',
  signInKey: 'sign-ins',
  largePayloadSecret: 'large-notifications',
  logZone: 'log.tocsin.internal',
  temporalDatabases: ['temporal', 'temporal_visibility'],
} as const;
