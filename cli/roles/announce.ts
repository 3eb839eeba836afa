import { styleText } from 'node:util';
import type { Endpoints } from '#cli/endpoints.ts';
import type { RunContext } from '#cli/roles/context.ts';

/** Says on a terminal where everything is, and what to try; a log line elsewhere. */
export function announce(context: RunContext, own: Endpoints, tookMs: number): void {
  const seconds = (tookMs / 1000).toFixed(1);
  context.log.info(
    { roles: own.roles, tookMs: Math.round(tookMs), ...(typeof own['desk'] === 'string' ? { desk: own['desk'] } : {}) },
    'running',
  );
  if (process.stderr.isTTY !== true) return;
  const bold = (text: string) => (process.env['NO_COLOR'] === undefined ? styleText('bold', text) : text);
  const lines = [
    '',
    `  ${bold('Tocsin')} ${own.version} is running (${own.roles.join(', ')}), ready after ${seconds} s`,
    '',
    ...row('Board', own['desk']),
    ...row(
      'Event Hubs',
      own['eventHubs'] === undefined
        ? undefined
        : 'simulated; `npx tocsin simulate settings` has its connection string',
    ),
    ...row(
      'EventStoreDB',
      own['eventStoreDB'] === undefined ? undefined : `${String(own['eventStoreDB'])} (simulated)`,
    ),
    ...row('State', context.stateDir),
    '',
    ...(own['simulator'] === undefined
      ? []
      : [
          '  Try in another terminal:',
          '',
          '    npx tocsin simulate call      somebody dials 911',
          '    npx tocsin emergency list     what is on the board',
          '    npx tocsin status             how Tocsin is',
          '',
        ]),
    '  Ctrl-C ends it.',
    '',
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}

function row(name: string, value: unknown): string[] {
  return value === undefined ? [] : [`    ${name.padEnd(14)}${String(value)}`];
}
