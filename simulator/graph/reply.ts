import type { JsonObject } from '#kernel/json.ts';

/** An answer before it has request ids. */
export interface Reply {
  readonly status: number;
  readonly body?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Refusal = Reply & { readonly refused: { readonly code: string; readonly message: string } };

export function refuse(
  status: number,
  code: string,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Refusal {
  return { status, refused: { code, message }, ...(headers === undefined ? {} : { headers }) };
}

/** 400 in the words of the subscriptions service. */
export const invalid = (message: string) => refuse(400, 'InvalidRequest', message);

export const notFound = (message = 'The object was not found.') => refuse(404, 'ResourceNotFound', message);

export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}

/** Graph's error body ("Microsoft Graph error responses and resource types"): the date has no fraction and no zone. */
export function errorBody(refusal: Refusal, now: number, requestId: string, clientRequestId: string): JsonObject {
  return {
    error: {
      code: refusal.refused.code,
      message: refusal.refused.message,
      innerError: {
        date: new Date(now).toISOString().slice(0, 19),
        'request-id': requestId,
        'client-request-id': clientRequestId,
      },
    },
  };
}
