import { PolicyPack } from '@pulumi/policy';
// Pulumi's runner checks this file with options of its own, which do not know imports with an extension; Node, which then loads it, wants them.
// biome-ignore lint/suspicious/noTsIgnore: an expected error would be none for our own compiler
// @ts-ignore
import { everyRule } from './rules/every-rule.ts';

// Used by `pulumi preview --policy-pack infra/policy`.
new PolicyPack('tocsin', {
  policies: everyRule.map(({ name, description, check }) => ({
    name,
    description,
    enforcementLevel: 'mandatory' as const,
    validateResource(args, report) {
      for (const violation of check({ type: args.type, name: args.name, props: args.props })) report(violation);
    },
  })),
});
