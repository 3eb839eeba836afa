import { ManagementLockByScope } from '@pulumi/azure-native/authorization/index.js';
import type * as pulumi from '@pulumi/pulumi';
import type { StackContext } from '#infra/components/component.ts';

/** A lock against deletion on one resource; in production only. It holds against everybody who may delete, not only against Pulumi. */
export function lockInProduction(
  context: StackContext,
  parent: pulumi.Resource,
  what: { readonly name: string; readonly scope: pulumi.Input<string>; readonly notes: string },
): void {
  if (context.settings.environment !== 'production') return;
  new ManagementLockByScope(
    `${what.name}-lock`,
    { scope: what.scope, lockName: 'tocsin-keep', level: 'CanNotDelete', notes: what.notes },
    { parent },
  );
}
