import { once } from 'node:events';
import { atEveryAddress } from '#cli/roles/at-every-address.ts';
import type { Temporal } from '#cli/roles/temporal.ts';

/** Temporal is not waited for: once it answers, the file says where, and anew whenever it serves elsewhere. */
export async function sayWhereTemporalIs(
  temporal: Pick<Temporal, 'ready' | 'target' | 'ui' | 'moved'>,
  signal: AbortSignal,
  write: (where: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  if ((await temporal.ready) === undefined) return;
  await atEveryAddress(temporal, signal, async (ending) => {
    const [target, ui] = [temporal.target(), temporal.ui()];
    if (target === undefined) return;
    await write({
      ...{ temporal: target.address, temporalNamespace: target.namespace },
      ...(ui === undefined ? {} : { temporalUi: ui }),
    });
    if (!ending.aborted) await once(ending, 'abort');
  });
}
