import { Client, Connection } from '@temporalio/client';
import { eventually } from '#test/support/eventually.ts';
import type { RunningSystem } from '#test/system/subscribed/running-system.ts';

/** Somebody who acts through Temporal itself, without the codec: what comes back is not to be read. */
export interface TemporalOperator {
  readonly client: Client;
  /** An update without arguments. */
  update(workflowId: string, name: string): Promise<void>;
  /** Starts a round of reconciliation now. */
  reconcile(): Promise<void>;
  /** Every history there is, as the server gives it. */
  histories(): Promise<readonly { readonly workflowId: string; readonly bytes: Buffer }[]>;
  /** `TocsinState` of every entity that runs. */
  states(): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

export async function connectOperator(system: RunningSystem): Promise<TemporalOperator> {
  // Tocsin itself does not wait for Temporal: after a crash all may look well before that is there again.
  await eventually('Temporal is there', () => system.endpoints().temporal, 60_000);
  const { temporal = '', temporalNamespace: namespace = '' } = system.endpoints();
  const connection = await Connection.connect({ address: temporal });
  const client = new Client({ connection, namespace });
  return {
    client,
    async update(workflowId, name) {
      const handle = client.workflow.getHandle(workflowId);
      await handle.startUpdate(name, { waitForStage: 'ACCEPTED', args: [] });
    },
    reconcile: () => client.schedule.getHandle('reconcile').trigger(),
    async histories() {
      const found: { workflowId: string; bytes: Buffer }[] = [];
      for await (const { workflowId, runId } of client.workflow.list()) {
        const parts: string[] = [];
        let nextPageToken: Uint8Array = new Uint8Array();
        do {
          const page = await connection.workflowService.getWorkflowExecutionHistory({
            ...{ namespace, execution: { workflowId, runId }, nextPageToken },
          });
          // Payloads are bytes: as Latin-1 they can be searched.
          parts.push(
            JSON.stringify(page.history, (_, value: unknown) =>
              value instanceof Uint8Array
                ? Buffer.from(value).toString('latin1')
                : typeof value === 'bigint'
                  ? String(value)
                  : value,
            ),
          );
          nextPageToken = page.nextPageToken ?? new Uint8Array();
        } while (nextPageToken.length > 0);
        found.push({ workflowId, bytes: Buffer.from(parts.join(''), 'latin1') });
      }
      return found;
    },
    async states() {
      const states: Record<string, string> = {};
      for await (const one of client.workflow.list({ query: "ExecutionStatus = 'Running'" })) {
        const [state] = (one.searchAttributes['TocsinState'] ?? []) as readonly string[];
        if (state !== undefined) states[one.workflowId] = state;
      }
      return states;
    },
    close: () => connection.close(),
  };
}
