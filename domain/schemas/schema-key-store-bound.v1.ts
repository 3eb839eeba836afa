import * as z from 'zod';
import { uuid } from '#domain/schemas/schema-parts.ts';

/** `{ keyStoreId }`: the key store whose keys seal this log. */
export const keyStoreBoundV1 = z.looseObject({ keyStoreId: uuid });
