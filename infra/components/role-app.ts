import * as app from '@pulumi/azure-native/app/index.js';
import type * as pulumi from '@pulumi/pulumi';
import { appSizes } from '#infra/app-sizes.ts';
import { type StackContext, tagsOf } from '#infra/components/component.ts';
import type { ManagedIdentity } from '#infra/components/identity.ts';
import type { RuntimeArgs } from '#infra/components/runtime-args.ts';
import { scaleOf } from '#infra/components/scale.ts';
import { ports, secretsFolder, stateFolder } from '#infra/inside-container.ts';
import type { Role } from '#infra/names.ts';
import { type RoleSetting, secretFiles, secretsOf } from '#infra/role-settings.ts';

/** One role in Container Apps. */
export interface RoleApp {
  readonly id: pulumi.Output<string>;
}

const probe = (
  type: 'Startup' | 'Liveness' | 'Readiness',
  path: string,
  periodSeconds: number,
  failureThreshold: number,
) =>
  ({
    type,
    httpGet: { path, port: ports.probes, scheme: 'HTTP' },
    periodSeconds,
    timeoutSeconds: 5,
    failureThreshold,
  }) as const;

/** The container app of a role: image by digest, settings, secrets by reference, probes, and a scale rule where more copies do more work. */
export function createRoleApp(
  context: StackContext,
  parent: pulumi.Resource,
  given: {
    readonly role: Role;
    readonly identity: ManagedIdentity;
    readonly environmentId: pulumi.Output<string>;
    readonly settings: readonly RoleSetting[];
    readonly args: RuntimeArgs;
  },
): RoleApp {
  const { settings, names } = context;
  const { role, identity, args } = given;
  const files = secretFiles(given.settings);
  const size = appSizes(settings)[role];
  const created = new app.ContainerApp(
    role,
    {
      resourceGroupName: args.foundation.resourceGroupName,
      location: settings.region,
      tags: tagsOf(context, 'Runtime'),
      containerAppName: names[`${role}App`].value,
      environmentId: given.environmentId,
      workloadProfileName: 'Consumption',
      identity: { type: 'UserAssigned', userAssignedIdentities: [identity.id] },
      configuration: {
        activeRevisionsMode: 'Single',
        maxInactiveRevisions: 5,
        ...(settings.registry === undefined
          ? {}
          : { registries: [{ server: settings.image.split('/')[0] ?? '', identity: identity.id }] }),
        secrets: secretsOf(given.settings).map((name) => ({
          name,
          identity: identity.id,
          keyVaultUrl:
            name === 'large-notifications' && args.largeNotificationsSecretUrl !== undefined
              ? args.largeNotificationsSecretUrl
              : `${args.keys.vaultUrl}/secrets/${name}`,
        })),
        ...(role === 'desk' ? { ingress: deskIngress(context) } : {}),
      },
      template: {
        terminationGracePeriodSeconds: 60,
        containers: [
          {
            name: 'tocsin',
            image: settings.image,
            args: ['run', role],
            resources: { cpu: size.cpu, memory: `${size.memoryGi}Gi` },
            env: [
              // Read by the vendor's identity library: which of the identities of this app it is to use.
              { name: 'AZURE_CLIENT_ID', value: identity.clientId },
              ...given.settings.map((one) => environmentOf(one)),
            ],
            probes: [
              probe('Startup', '/health/startup', 5, 60),
              probe('Liveness', '/health/live', 15, 4),
              probe('Readiness', '/health/ready', 5, 3),
            ],
            volumeMounts: [
              { volumeName: 'state', mountPath: stateFolder },
              { volumeName: 'temporary', mountPath: '/tmp' },
              ...(files.length > 0 ? [{ volumeName: 'secrets', mountPath: secretsFolder }] : []),
            ],
          },
        ],
        volumes: [
          { name: 'state', storageType: 'EmptyDir' },
          { name: 'temporary', storageType: 'EmptyDir' },
          ...(files.length > 0
            ? [
                {
                  name: 'secrets',
                  storageType: 'Secret',
                  secrets: files.map((name) => ({ secretRef: name, path: `${name}.pem` })),
                },
              ]
            : []),
        ],
        scale: scaleOf(context, role, { identityId: identity.id, ownershipAccount: args.ownershipAccount }),
      },
    },
    { parent, dependsOn: [...args.dependsOn] },
  );
  return { id: created.id };
}

function environmentOf(one: RoleSetting) {
  switch (one.kind) {
    case 'value':
      return { name: one.name, value: one.value };
    case 'secret':
      return { name: one.name, secretRef: one.secret };
    case 'file':
      return { name: one.name, value: one.path };
  }
}

function deskIngress({ settings }: StackContext) {
  return {
    // In an internal environment this means the network of the stack.
    external: true,
    targetPort: ports.desk,
    transport: 'auto',
    allowInsecure: false,
    // A stream of changes stays with the copy that has its read models.
    stickySessions: { affinity: 'sticky' },
    ipSecurityRestrictions: settings.deskNetworks.map((ipAddressRange, index) => ({
      name: `network-${index + 1}`,
      description: 'deskNetworks',
      action: 'Allow',
      ipAddressRange,
    })),
    traffic: [{ latestRevision: true, weight: 100 }],
  };
}
