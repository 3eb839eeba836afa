// The one module that a worker loads: Temporal finds workflow types by the names that it exports.
export { credential } from '#workflows/definitions/credential.ts';
export { escalation } from '#workflows/definitions/escalation.ts';
export { reconcile } from '#workflows/definitions/reconcile.ts';
export { subscription } from '#workflows/definitions/subscription.ts';
