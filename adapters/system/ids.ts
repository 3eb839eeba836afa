import { randomUUID } from 'node:crypto';
import type { Ids } from '#ports/ids.ts';

/** Identifiers and chance from the system's generator. */
export const systemIds: Ids = { random: () => randomUUID(), fraction: () => Math.random() };
