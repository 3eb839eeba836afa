import type { RunDone, StackOutputs } from '#adapters/pulumi/outcome.ts';
import type { ChangeCounts } from '#adapters/pulumi/steps.ts';
import { type Output, printable } from '#cli/output.ts';
import { costLines, estimateCosts, pricesAre, pricesAsOf } from '#infra/driver/costs.ts';
import { outboundLines } from '#infra/driver/outbound-lines.ts';
import { groupPreview, type Line, previewLines } from '#infra/driver/preview.ts';
import { isComponent } from '#infra/driver/step.ts';
import type { StackPlan } from '#infra/stack-plan.ts';

const styles = { title: 'bold', new: 'green', changed: 'yellow', danger: 'red', faint: 'dim' } as const;

/** Prints lines with their meaning as colour. */
function printLines(output: Output, lines: readonly Line[]): void {
  for (const { text, tone } of lines) {
    const safe = printable(text);
    output.data(tone === undefined ? safe : output.paint(styles[tone], safe));
  }
}

/** How many resources, in words; components count as resources to the engine and not to people. */
function countWords(counts: ChangeCounts): string {
  const words = [
    [counts.create, 'to make'],
    [counts.update, 'to change'],
    [counts.replace, 'TO MAKE ANEW'],
    [counts.delete, 'TO DELETE'],
    [counts.same, 'to leave as they are'],
  ] as const;
  return (
    words
      .filter(([count]) => count > 0)
      .map(([count, word]) => `${count} ${word}`)
      .join(', ') || 'nothing'
  );
}

/** Numbers of the resources alone, without the components that only group them. */
export function resourceCounts(run: Pick<RunDone, 'steps'>): ChangeCounts {
  const of = (...ops: readonly string[]) =>
    run.steps.filter((step) => !isComponent(step) && ops.includes(step.op)).length;
  return {
    create: of('create', 'import'),
    update: of('update'),
    replace: of('replace'),
    delete: of('delete'),
    same: of('same'),
  };
}

/** The whole preview for a person. */
export function printPreview(output: Output, slug: string, run: RunDone, plan: StackPlan): void {
  printLines(output, previewLines(groupPreview(run.steps)));
  output.data('');
  output.data(`${slug}: ${countWords(resourceCounts(run))}`);
  output.data('');
  for (const line of costLines(estimateCosts(run.steps, plan.appSizes))) output.data(line);
  output.data('');
  printLines(output, outboundLines(plan.outboundHosts));
  if (run.undecided > 0)
    output.say(
      `${run.undecided} checks of policies need values that are only known later; they are made while things are made`,
    );
}

/** The same for a program. */
export function previewDocument(slug: string, run: RunDone, plan: StackPlan): object {
  const cost = estimateCosts(run.steps, plan.appSizes);
  return {
    tenant: slug,
    changes: resourceCounts(run),
    resources: changedResources(run),
    cost: { ...cost, currency: 'USD', per: 'month', estimate: true, pricesAsOf, prices: pricesAre },
    outbound: plan.outboundHosts.map((host) => ({ ...host, flagged: !host.inside && host.port !== 443 })),
  };
}

/** What changes, for a program. */
export function changedResources(run: Pick<RunDone, 'steps'>): readonly object[] {
  return run.steps
    .filter((step) => !isComponent(step) && step.op !== 'same')
    .map(({ op, type, name, component, changed, replacing }) => ({
      ...{ op, type, name },
      ...(component === undefined ? {} : { component: component.split(':').at(-1) }),
      ...(changed.length === 0 ? {} : { changed }),
      ...(replacing.length === 0 ? {} : { replacing }),
    }));
}

/** Outputs with secrets masked. */
export function maskedOutputs(outputs: StackOutputs): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, one]) => [name, one.secret ? '[secret]' : one.value] as const),
  );
}

/** Outputs that fit on a line each. */
export function printOutputs(output: Output, outputs: StackOutputs): void {
  const entries = Object.entries(maskedOutputs(outputs)).filter(([, value]) => typeof value !== 'object');
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  for (const [name, value] of entries) output.data(`  ${name.padEnd(width)}  ${printable(String(value))}`);
}
