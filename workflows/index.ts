// Everything that the worker registers as a workflow.
export { generateEmail } from './generate-email';
export { audit, sweep } from './upkeep';
