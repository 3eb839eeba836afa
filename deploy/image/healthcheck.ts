import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is asked of a process to learn whether it does its work. */
export type Question = { readonly url: string /** Any answer will do. */; readonly any: boolean };

/**
 * Where to ask, from the `endpoints.json` that every process writes once all that it started answers: its probes, else its desk, else, where only
 * simulators run, their control. Undefined where there is nothing to ask.
 */
export function questionOf(endpoints: Readonly<Record<string, unknown>>): Question | undefined {
  for (const key of ['probes', 'desk']) {
    const url = endpoints[key];
    if (typeof url === 'string') return { url: `${url}/health/ready`, any: false };
  }
  const simulator = endpoints['simulator'];
  return typeof simulator === 'string' ? { url: simulator, any: true } : undefined;
}

/** Whether the process with this state folder is ready. False, too, while it has not yet said where it is. */
export async function isHealthy(stateDir: string): Promise<boolean> {
  try {
    const question = questionOf(JSON.parse(readFileSync(join(stateDir, 'endpoints.json'), 'utf8')));
    if (question === undefined) return false;
    const answer = await fetch(question.url, { signal: AbortSignal.timeout(4_000) });
    await answer.body?.cancel();
    return question.any || answer.ok;
  } catch {
    return false;
  }
}

// Exit code 1 is what Docker takes for "unhealthy".
if (import.meta.main) process.exit((await isHealthy(process.env['TOCSIN_STATE_DIR'] ?? '.tocsin')) ? 0 : 1);
