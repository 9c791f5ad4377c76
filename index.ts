// What a product backend imports.

export type { Adjusted, AdjustRequest } from './client/adjust';
export type { GenerationDescription, WorkflowState } from './client/describe';
export type { Erased, EraseRequest } from './client/erase';
export type { Granted, GrantRequest } from './client/grant';
export { type Makegood, type MakegoodOptions, openMakegood } from './client/makegood';
export type { GenerationRequest } from './client/order';
export type { Ended } from './client/progress';
export type { RetryRequest } from './client/retry-request';
export type { Started } from './client/start';
export { defineConfig, type MakegoodConfig } from './config';
export { type EncryptionKeys, readEncryptionKeys } from './encryption';
export { ERRORS, type ErrorCode, GenerationConflict, InsufficientCredits, MakegoodError } from './errors';
export {
  type Duration,
  definePaidWork,
  type EmailBrief,
  type EmailDraft,
  emailDraft,
  type FailureReason,
  type InputOf,
  type OutputOf,
  type PaidWork,
  type TriesOptions,
} from './kinds';
export type { WorkRequest } from './kinds/order';
export type { Balance } from './ledger/accounts';
export type { Attributed, Attribution } from './ledger/attribution';
export type { GenerationFilter, GenerationPage, ListedGeneration, ListedStatus } from './ledger/generation-list';
export type { Attempt, GenerationRecord } from './ledger/generations';
export type { ReasonCode } from './ledger/reasons';
export type { EntryKind, UsageEntry, UsageFilter, UsagePage } from './ledger/usage';
export { encryptionCodec, withEncryption } from './temporal/encryption';
