// makegood/activity: for those who do paid work.

export { type Delivered, delivered } from '../kinds/delivered';
export { type Attempt, perform, type Step, step } from './perform';
export { providerFailure } from './provider-failure';
export { WorkFailure, type WorkFailureOptions } from './work-failure';
