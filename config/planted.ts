import { namespace } from '#domain/names.ts';
export const x = namespace;
