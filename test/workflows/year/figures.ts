import type { Simulated } from '#test/workflows/year/simulate.ts';

/** What is printed at the end, one figure a line. */
export function figures(year: Simulated, of: Readonly<Record<string, number>>): string {
  const { calls } = year;
  const count = (gaps: readonly { readonly from: number; readonly to: number }[]) =>
    `${gaps.length} (${Math.round(gaps.reduce((sum, { from, to }) => sum + to - from, 0) / 60_000)} minutes)`;
  return Object.entries({
    ...{ ...of, faults: year.faults.length, calls: calls.calls, emergencies: calls.emergencies },
    ...{ 'late calls': calls.late, 'read again after a gap': calls.recovered },
    'on the events feed in a gap that is on record': calls.inGaps,
    'calls lost, doubled, late without a fault': [calls.lost, calls.doubled, calls.lateUnexplained]
      .map(({ length }) => length)
      .join(', '),
    ...{ 'gaps of Graph': count(year.gaps), 'of them without a fault': year.unexplained.length },
    'gaps on record': count(year.recorded),
    'of them without a fault ': year.recordedWithoutFault.length,
    'gaps of Graph that are not on record': year.notRecorded.length,
    'times without ingest': count(year.absences),
    'of them not on record': year.absencesNotRecorded.length,
    ...{ 'longest history of a run': year.longestHistory, 'Graph calls': year.graphCalls },
    'most Graph calls in 20 s': `${year.mostOtherCalls}, and ${year.mostListCalls} lists`,
    ...{ 'lifecycle notices': year.lifecycleNotices, 'lives of the listener': year.lives, events: year.events },
    'forgotten locks of time taken off': year.helped,
  })
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}
