import { exitCodes } from '#cli/exit-codes.ts';
import { ask, expectOk } from '#cli/http.ts';
import { createOutput, table } from '#cli/output.ts';
import { withReadingDesk } from '#cli/reading-desk.ts';
import { spanWords } from '#cli/time-words.ts';
import type { WatchReport } from '#web/subscribing.ts';

/** `tocsin watch report`: exit code 1 where a feed was not watched all the time, or it is not known. */
export async function report(
  options: { readonly from?: string; readonly to?: string; readonly feed?: string; readonly json?: boolean },
  stateDir: string | undefined,
): Promise<void> {
  const output = createOutput();
  const query = new URLSearchParams({
    ...(options.from === undefined ? {} : { from: options.from }),
    ...(options.to === undefined ? {} : { to: options.to }),
  });
  const whole = await withReadingDesk(
    stateDir,
    async (desk) => expectOk(await ask(`${desk}/api/watch?${query}`)) as unknown as WatchReport,
  );
  const found = {
    ...whole,
    feeds: whole.feeds.filter(({ feed }) => options.feed === undefined || feed === options.feed),
  };
  if (options.json === true) output.json(found);
  else {
    output.data(`${found.from} to ${found.to}`);
    output.data('');
    for (const line of table(
      ['FEED', 'POLICY', 'NOW', 'WATCHED', 'NOT WATCHED', 'NOT KNOWN'],
      found.feeds.map((one) => [
        ...[one.feed, one.policy ?? '', one.left === true ? 'not wanted' : one.watching ? 'watched' : 'NOT WATCHED'],
        ...[one.watchedSeconds, one.gapSeconds, one.unknownSeconds].map((seconds) => spanWords(seconds * 1000)),
      ]),
    ))
      output.data(line);
    const gaps = found.feeds.flatMap(({ feed, policy, spans }) =>
      spans
        .filter(({ watching }) => !watching)
        .map(({ from, to, open, word }) => [feed, policy ?? '', from, open ? 'goes on' : to, word ?? '']),
    );
    if (gaps.length > 0) output.data('');
    if (gaps.length > 0) for (const line of table(['GAP OF', 'POLICY', 'FROM', 'TO', 'CAUSE'], gaps)) output.data(line);
    if (found.feeds.length === 0) output.say('Nothing is on record: Tocsin keeps no subscription here.');
  }
  if (found.feeds.length === 0 || found.feeds.some(({ gapSeconds, unknownSeconds }) => gapSeconds + unknownSeconds > 0))
    process.exitCode = exitCodes.no;
}
