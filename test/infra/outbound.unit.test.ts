import { describe, expect, it } from 'vitest';
import { namesOf } from '#infra/names.ts';
import { outboundHosts } from '#infra/outbound.ts';
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
  it('are all on port 443 but the log and Temporal elsewhere', () => {
    expect(unusual(standard)).toEqual(['contoso.mesdb.eventstore.cloud:2113', 'temporal.contoso.com:7233']);
    expect(unusual(small)).toEqual(['fabrikam.a1b2c.tmprl.cloud:7233']);
    expect(
      unusual({ ...standard, temporalAddress: 'temporal.contoso.com:443', logConnection: 'esdb://a.contoso.com:443' }),
    ).toEqual([]);
  });

  it('of a self-hosted stack leave the network on port 443 alone', () => {
    expect(unusual(large)).toEqual([]);
    expect(hosts(large).filter(({ inside }) => inside)).toHaveLength(3);
  });

  it('name every node of a cluster, and the usual port where none is given', () => {
    const connection = 'esdb://user:pass@a.contoso.com,b.contoso.com:2114?tls=true';
    const named = hosts({ ...standard, logConnection: connection }).map(({ host, port }) => `${host}:${port}`);
    expect(named).toContain('a.contoso.com:2113');
    expect(named).toContain('b.contoso.com:2114');
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
