import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** Of the checkout. */
const root = new URL('../../', import.meta.url).pathname;

/** A history as it may be kept with the sources. @throws where a secret is in it, or anything personal */
export async function keptHistory(handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<string> {
  // Where failures happened on this machine is nobody's business.
  const json = historyToJSON(await handle.fetchHistory()).replaceAll(new RegExp(`(file://)?${root}`, 'g'), '');
  // Not even in the clear: tokens, client states and keys are never in a payload.
  const found = /canary|token-|whsec_|PRIVATE KEY/.exec(json + deepText(JSON.parse(json)));
  if (found !== null) throw new Error(`${found[0]} is in the history`);
  return json;
}

/** All that is base64 in it, as text. */
export function deepText(value: unknown): string {
  if (typeof value === 'string')
    return /^[A-Za-z0-9+/]{8,}={0,2}$/.test(value) ? `${Buffer.from(value, 'base64').toString('utf8')}\n` : '';
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(deepText).join('');
}
