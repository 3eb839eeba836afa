import type * as pulumi from '@pulumi/pulumi';

/** Id of a permission of Graph by its name. Ids are never written down here: a wrong one would ask for something else without anybody noticing. */
export function permissionId(
  ids: pulumi.Output<{ readonly [name: string]: string }>,
  name: string,
): pulumi.Output<string> {
  return ids.apply((known) => {
    const id = known[name];
    if (id === undefined) throw new Error(`Microsoft Graph in this tenant has no permission named ${name}`);
    return id;
  });
}
