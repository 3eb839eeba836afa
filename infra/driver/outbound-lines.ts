import type { Line } from '#infra/driver/preview.ts';
import type { OutboundHost } from '#infra/outbound.ts';

/** Every host and port that a stack connects to, for whoever has to open a firewall; what is not port 443 is flagged. */
export function outboundLines(hosts: readonly OutboundHost[]): readonly Line[] {
  const outside = hosts.filter(({ inside }) => !inside);
  const odd = outside.filter(({ port }) => port !== 443);
  const width = Math.max(0, ...hosts.map(({ host, port }) => `${host}:${port}`.length));
  const line = ({ host, port, why }: OutboundHost): Line => {
    const text = `  ${`${host}:${port}`.padEnd(width)}  ${why}`;
    return port === 443 ? { text } : { text: `${text} (not 443: many firewalls refuse it)`, tone: 'danger' };
  };
  const inside = hosts.filter((one) => one.inside);
  return [
    {
      text:
        odd.length === 0
          ? `Outgoing connections: ${outside.length} hosts, all on port 443.`
          : `Outgoing connections: ${outside.length} hosts, ${odd.length} of them on another port than 443.`,
      tone: 'title',
    },
    ...outside.map(line),
    ...inside.map(
      ({ host, port, why }): Line => ({
        text: `  ${`${host}:${port}`.padEnd(width)}  ${why} (inside the network of the stack)`,
        tone: 'faint',
      }),
    ),
  ];
}
