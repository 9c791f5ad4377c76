// makegood/workflow: for code that runs in Temporal's workflow sandbox.

export { delivered } from '../kinds/delivered';
export type { WorkRequest } from '../kinds/order';
export { makegoodAudit, makegoodSweep, paidWork } from './index';
export type { Order } from './order';
export { paidWorkflow, type Work } from './paid-work';
export { orderFor, pay } from './pay';
export { type StepsOf, steps } from './steps';
