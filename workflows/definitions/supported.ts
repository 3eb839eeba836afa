/** A trouble that somebody else may have to look into. */
export interface Supported {
  /** Microsoft's id of the answer, for a support case: Graph's `request-id`, or Entra's correlation id. Nothing personal. */
  readonly supportId?: string;
}

/** The id alone, where there is one. */
export function supportIdOf({ supportId }: Supported): Supported {
  return supportId === undefined ? {} : { supportId };
}
