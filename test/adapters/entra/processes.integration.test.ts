import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chatClient, tenantId, trustedAuthority } from '#test/simulator/entra/start-entra.ts';
import { createEntraPlace } from './place.ts';
import type { RenewerReport, RenewerTask } from './renewer.ts';

const program = fileURLToPath(new URL('./renewer.ts', import.meta.url));

describe('several processes with one sign-in', () => {
  it('renew it one after the other, each with what the one before got', async () => {
    const place = await createEntraPlace();
    const renewers = [fork(program), fork(program)];
    onTestFinished(async () => {
      for (const renewer of renewers) renewer.kill('SIGKILL');
      await place.discard();
    });
    await place.signIn(place.identity());
    const { file, masterKeyFile } = place.store;
    const { authority } = place.entra.simulator;
    await Promise.all(renewers.map((renewer) => once(renewer, 'message')));
    const reports = await Promise.all(
      renewers.map(async (renewer) => {
        const reported = Promise.race([
          once(renewer, 'message'),
          once(renewer, 'exit').then(([code]) => Promise.reject(new Error(`exit ${code}`))),
        ]);
        const { clientId } = chatClient;
        renewer.send({
          file,
          masterKeyFile,
          authority,
          ca: trustedAuthority,
          clientId,
          tenantId,
          times: 8,
        } satisfies RenewerTask);
        return (await reported)[0] as RenewerReport;
      }),
    );
    expect(reports.map(({ failures }) => failures)).toEqual([0, 0]);
    const links = reports.flatMap((report) => report.links);
    const next = new Map(links.map(({ from, to }) => [from, to]));
    // No refresh token was used twice, and all of them are one chain.
    expect(next.size).toBe(links.length);
    const starts = links.filter(({ from }) => !links.some(({ to }) => to === from));
    expect(starts).toHaveLength(1);
    let length = 0;
    for (let at = starts[0]?.from; at !== undefined && next.has(at); at = next.get(at)) length += 1;
    expect(length).toBe(links.length);
    expect(await place.identity().token({ force: true })).toMatchObject({ ok: true });
  });
});
