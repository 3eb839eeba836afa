import * as pulumi from '@pulumi/pulumi';
import type { Names } from '#infra/names.ts';
import type { StackSettings } from '#infra/settings/stack-settings.ts';

/** What every component is told. */
export interface StackContext {
  readonly settings: StackSettings;
  readonly names: Names;
  /** The Azure subscription and the directory (tenant) id, both GUIDs. */
  readonly subscriptionId: string;
  readonly tenantId: string;
}

/** The parts of a stack, as resources group in a preview. */
export type ComponentKind =
  | 'Foundation'
  | 'Identity'
  | 'Ingest'
  | 'Keys'
  | 'Evidence'
  | 'Log'
  | 'Workflows'
  | 'Permissions'
  | 'EventGrid'
  | 'Runtime'
  | 'Backup'
  | 'Watching';

/** The framework wants a class for a component; this is the only one. */
class Component extends pulumi.ComponentResource {
  finish(outputs: pulumi.Inputs): void {
    this.registerOutputs(outputs);
  }
}

/** What a component hands on: its outputs, and itself for those that have to wait for all of it. */
export type Built<Outputs> = Outputs & { readonly component: pulumi.ComponentResource };

/** Makes a component: `build` makes its resources, each with the parent that it is given, and returns the outputs. */
export function createComponent<Outputs extends object>(
  kind: ComponentKind,
  build: (parent: pulumi.ComponentResource) => Outputs,
): Built<Outputs> {
  const component = new Component(`tocsin:infra:${kind}`, kind.toLowerCase());
  const outputs = build(component);
  component.finish({ ...outputs });
  return { ...outputs, component };
}

/** Tags of every resource; a policy refuses resources without them. */
export function tagsOf(context: StackContext, kind: ComponentKind): Record<string, string> {
  const { settings } = context;
  return {
    ...Object.fromEntries(
      settings.tags.map((tag) => [tag.slice(0, tag.indexOf('=')), tag.slice(tag.indexOf('=') + 1)]),
    ),
    'tocsin-tenant': settings.tenant,
    'tocsin-environment': settings.environment,
    'tocsin-component': kind.toLowerCase(),
    'managed-by': 'pulumi',
  };
}

/** Options of what holds evidence or the keys to it: in production Pulumi refuses to delete it, and leaves it where it is when told to forget it. */
export function kept(context: StackContext, parent: pulumi.Resource): pulumi.CustomResourceOptions {
  const production = context.settings.environment === 'production';
  return production ? { parent, protect: true, retainOnDelete: true } : { parent };
}
