import { describe, expect, it } from 'vitest';
import { namesOf } from '#infra/names.ts';
import { outboundHosts } from '#infra/outbound.ts';
import { registryOf } from '#infra/registries.ts';
import { type Given, large, small, standard, subscriptionId } from '#test/infra/given.ts';
import { settingsOf } from '#test/infra/settings-of.ts';

function hosts(given: Given) {
  const settings = settingsOf(given);
  return outboundHosts(settings, namesOf({ slug: settings.tenant, subscriptionId }));
}

const unusual = (given: Given) =>
  hosts(given)
    .filter(({ port, inside }) => port !== 443 && !inside)
    .map(({ host, port }) => `${host}:${port}`);

describe('outbound hosts', () => {
  it('are all on port 443 but the log and Temporal elsewhere, and the archive of Ubuntu where there are machines', () => {
    expect(unusual(standard)).toEqual(['contoso.mesdb.eventstore.cloud:2113', 'temporal.contoso.com:7233']);
    expect(unusual(small)).toEqual(['azure.archive.ubuntu.com:80', 'fabrikam.a1b2c.tmprl.cloud:7233']);
    expect(
      unusual({ ...standard, temporalAddress: 'temporal.contoso.com:443', logConnection: 'esdb://a.contoso.com:443' }),
    ).toEqual([]);
  });

  it('of a self-hosted stack leave the network on port 443 alone, but for packages of the machines', () => {
    expect(unusual(large)).toEqual(['azure.archive.ubuntu.com:80']);
    expect(hosts(large).filter(({ inside }) => inside)).toHaveLength(3);
  });

  it('name every node of a cluster, and the usual port where none is given', () => {
    const connection = 'esdb://user:pass@a.contoso.com,b.contoso.com:2114?tls=true';
    const named = hosts({ ...standard, logConnection: connection }).map(({ host, port }) => `${host}:${port}`);
    expect(named).toContain('a.contoso.com:2113');
    expect(named).toContain('b.contoso.com:2114');
  });

  it('name the registry of every image, with what it sends a pull to', () => {
    const named = (given: Given) => hosts(given).map(({ host }) => host);
    const hub = ['auth.docker.io', 'production.cloudflare.docker.com', 'registry-1.docker.io'];
    // Of EventStoreDB and Temporal, and of Caddy.
    for (const given of [large, small]) {
      expect(named(given)).toEqual(expect.arrayContaining(hub));
      expect(named(given)).not.toContain('docker.io');
    }
    expect(named(large)).toEqual(expect.arrayContaining(['northwind.azurecr.io', '*.blob.core.windows.net']));
    expect(named(standard)).toEqual(expect.arrayContaining(['ghcr.io', 'pkg-containers.githubusercontent.com']));
    for (const host of hub) expect(named(standard)).not.toContain(host);
    const digest = `@sha256:${'a'.repeat(64)}`;
    for (const key of ['image', 'temporalImage', 'logImage'])
      expect(named({ ...large, [key]: `${key.toLowerCase()}.example.com/x/y${digest}` }), key).toContain(
        `${key.toLowerCase()}.example.com`,
      );
    expect(unusual({ ...standard, image: `registry:5000/x${digest}` })).toContain('registry:5000');
    expect(named({ ...large, logImage: `eventstore/eventstore${digest}` })).not.toContain('eventstore');
  });

  it.each([
    ['eventstore/eventstore@sha256:0', 'registry-1.docker.io', 443],
    ['caddy@sha256:0', 'registry-1.docker.io', 443],
    ['docker.io/library/caddy@sha256:0', 'registry-1.docker.io', 443],
    ['index.docker.io/library/caddy@sha256:0', 'registry-1.docker.io', 443],
    ['registry:5000/x@sha256:0', 'registry', 5000],
    ['localhost/x@sha256:0', 'localhost', 443],
    ['contoso.azurecr.io/a/b@sha256:0', 'contoso.azurecr.io', 443],
    ['registry.contoso.com:8443/a/b@sha256:0', 'registry.contoso.com', 8443],
  ])('come from %s as %s, port %i', (image, host, port) => {
    expect(registryOf(image)).toMatchObject({ host, port });
  });

  it('hold nothing secret', () => {
    for (const given of [small, standard, large]) expect(JSON.stringify(hosts(given))).not.toContain('canary');
  });

  it('each say why, and stand there once', () => {
    for (const given of [small, standard, large]) {
      const list = hosts(given);
      expect(new Set(list.map(({ host, port }) => `${host}:${port}`)).size).toBe(list.length);
      for (const { why } of list) expect(why).not.toBe('');
    }
  });
});
