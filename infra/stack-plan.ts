import type { AppSize } from '#infra/app-sizes.ts';
import type { OutboundHost } from '#infra/outbound.ts';

/** What the program of a stack knows before anything is made, and the engine does not tell. */
export interface StackPlan {
  readonly outboundHosts: readonly OutboundHost[];
  /** By the app's name in the program. */
  readonly appSizes: Readonly<Record<string, AppSize>>;
}
