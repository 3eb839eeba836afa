import { describe, expect, it } from 'vitest';
import { checkArguments } from '#test/infra/check-arguments.ts';

const namespace = 'azure-native:eventhub:Namespace';

describe('arguments by the declarations of the packages', { timeout: 60_000 }, () => {
  it('that are right have no fault', () => {
    const sku = { name: 'Standard', tier: 'Standard', capacity: 1 };
    expect(checkArguments(namespace, { resourceGroupName: 'g', sku, tags: { a: 'b' }, zoneRedundant: true })).toEqual(
      [],
    );
  });

  it.each([
    ['unknown property', { resourceGroupName: 'g', colour: 'red' }, 'colour is not known'],
    ['missing property', {}, 'resourceGroupName is missing'],
    [
      'wrong word',
      { resourceGroupName: 'g', minimumTlsVersion: '1.4' },
      'minimumTlsVersion is "1.4", none of 1.0, 1.1, 1.2',
    ],
    [
      'unknown nested property',
      { resourceGroupName: 'g', sku: { name: 'Standard', units: 1 } },
      'sku.units is not known',
    ],
    ['missing nested property', { resourceGroupName: 'g', sku: {} }, 'sku.name is missing'],
    [
      'wrong nested word',
      { resourceGroupName: 'g', sku: { name: 'Huge' } },
      'sku.name is "Huge", none of Basic, Standard, Premium',
    ],
    ['wrong kind', { resourceGroupName: 'g', maximumThroughputUnits: '4' }, 'maximumThroughputUnits is no number'],
    ['no map', { resourceGroupName: 'g', tags: ['a'] }, 'tags is no map'],
  ])('%s', (_name, inputs, fault) => {
    expect(checkArguments(namespace, inputs)).toEqual([fault]);
  });

  it('are looked at in lists, in alternatives and in the package for Entra ID', () => {
    expect(
      checkArguments('azure-native:eventhub:NamespaceNetworkRuleSet', {
        resourceGroupName: 'g',
        namespaceName: 'n',
        ipRules: [{ ipMask: '192.0.2.1', action: 'Permit' }],
      }),
    ).toEqual(['ipRules[0].action is "Permit", none of Allow']);
    expect(
      checkArguments('azuread:index/application:Application', {
        displayName: 'a',
        appRoles: [{ id: 'x', displayName: 'x' }],
      }),
    ).toEqual(['appRoles[0].allowedMemberTypes is missing', 'appRoles[0].description is missing']);
    const alert = {
      criteria: { odataType: 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria', allOf: [{}] },
    };
    expect(
      checkArguments('azure-native:monitor:MetricAlert', alert).some((fault) => fault.startsWith('criteria.allOf[0].')),
    ).toBe(true);
  });

  it('of a type that does not exist are an error', () => {
    expect(() => checkArguments('azure-native:eventhub:Nonsense', {})).toThrow();
    expect(() => checkArguments('aws:s3:Bucket', {})).toThrow('no known provider');
  });
});
