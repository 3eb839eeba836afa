import type { GivenSettings } from '#infra/settings/schema.ts';
import type { Size } from '#infra/settings/sizes.ts';

/** Every setting of a stack, checked, with the numbers of its size filled in. Secrets are plain text in it: show it to nobody. */
export type StackSettings = Omit<GivenSettings, keyof Size> & Size;
