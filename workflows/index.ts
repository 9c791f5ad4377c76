// Everything that the worker registers as a workflow.
export { paidWork } from './paid-work';
export { audit as makegoodAudit, sweep as makegoodSweep } from './upkeep';
