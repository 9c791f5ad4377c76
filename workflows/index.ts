// Everything that the worker registers as a workflow.
export { generateEmail } from './generate-email';
export { auditRegularly, reconcile } from './reconcile';
