// makegood/kind: what is sold. Light: no Prisma, no Temporal client.

export type { FailureReason } from '../ledger/reasons';
export type { Delivered } from './delivered';
export { type EmailBrief, type EmailDraft, emailDraft } from './email-draft';
export {
  type AnyOutput,
  definePaidWork,
  type InputOf,
  type OutputOf,
  type PaidWork,
  type PaidWorkDefinition,
  type ParsedInputOf,
} from './paid-work';
export type { Duration, TriesOptions } from './tries';
