import * as pulumi from '@pulumi/pulumi';
import { type Built, createComponent, type StackContext } from '#infra/components/component.ts';
import type { Foundation } from '#infra/components/foundation.ts';
import type { Machine } from '#infra/components/machine.ts';
import { createRoleApp, type RoleApp } from '#infra/components/role-app.ts';
import type { RuntimeArgs } from '#infra/components/runtime-args.ts';
import { createSingleMachine } from '#infra/components/single-machine.ts';
import { type Role, roles } from '#infra/names.ts';
import { roleSettings } from '#infra/role-settings.ts';

/** What runs Tocsin: one app per role, or one machine with all of them. */
export interface Runtime {
  readonly apps: Readonly<Partial<Record<Role, RoleApp>>>;
  readonly machine?: Machine;
  readonly deskUrl: pulumi.Output<string>;
}

/** Address of the desk, known before it runs: the registration in Entra ID names it. */
export function deskUrlOf(context: StackContext, foundation: Foundation): pulumi.Output<string> {
  const { settings, names } = context;
  return foundation.environment === undefined
    ? pulumi.output(`https://${settings.deskHost}`)
    : pulumi.interpolate`https://${names.deskApp.value}.${foundation.environment.defaultDomain}`;
}

/** Runs every role, with exactly the settings and secrets that it needs. */
export function createRuntime(context: StackContext, args: RuntimeArgs): Built<Runtime> {
  return createComponent('Runtime', (parent): Runtime => {
    const deskUrl = deskUrlOf(context, args.foundation);
    const { environment } = args.foundation;
    if (environment === undefined) return { apps: {}, deskUrl, machine: createSingleMachine(context, parent, args) };
    const apps: Partial<Record<Role, RoleApp>> = {};
    for (const role of roles) {
      const identity = args.identity.managed[role];
      if (identity === undefined) throw new Error(`no identity for ${role}`);
      apps[role] = createRoleApp(context, parent, {
        role,
        identity,
        environmentId: environment.id,
        settings: roleSettings([role], args.wiring),
        args,
      });
    }
    return { apps, deskUrl };
  });
}
