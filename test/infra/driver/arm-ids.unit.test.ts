import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { armId, armPaths, namesInPath } from '#infra/driver/arm-ids.ts';
import { createDeclarations } from '#simulator/azure/declarations.ts';

const subscription = '11111111-2222-4333-8444-555555555555';

describe('ids of Azure Resource Manager', () => {
  it('follow from the inputs', () => {
    expect(
      armId(
        'azure-native:eventhub:EventHub',
        { resourceGroupName: 'rg', namespaceName: 'ns', eventHubName: 'hub' },
        subscription,
      ),
    ).toBe(`/subscriptions/${subscription}/resourceGroups/rg/providers/Microsoft.EventHub/namespaces/ns/eventhubs/hub`);
    expect(
      armId('azure-native:authorization:RoleAssignment', { scope: '/x/y', roleAssignmentName: 'n' }, subscription),
    ).toBe('/x/y/providers/Microsoft.Authorization/roleAssignments/n');
  });

  it('are not known while an input is not, or for a type that no path is known of', () => {
    expect(armId('azure-native:eventhub:EventHub', { resourceGroupName: 'rg' }, subscription)).toBeUndefined();
    expect(armId('azuread:index/application:Application', {}, subscription)).toBeUndefined();
  });

  it('name only inputs that the types have', () => {
    const declarations = createDeclarations();
    for (const [type, path] of Object.entries(armPaths)) {
      const given = declarations.argumentsOf(type);
      expect(given, type).toBeDefined();
      for (const name of namesInPath(path)) expect([...(given?.keys() ?? [])], type).toContain(name);
    }
  });

  it('cover every type that the program makes', () => {
    const known = new Set(Object.keys(armPaths).map((type) => type.split(':').at(-1)));
    const made = readdirSync('infra/components').flatMap((file) => {
      const text = readFileSync(`infra/components/${file}`, 'utf8');
      return [...text.matchAll(/new (?!azuread|pulumi)(?:[a-z]+\.)([A-Z]\w+)\(/g)].map(([, name]) => name);
    });
    expect(made.length).toBeGreaterThan(40);
    for (const name of made) expect(known).toContain(name);
  });
});
