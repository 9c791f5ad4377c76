/**
 * Why credits are given back: each built-in reason with the sentence that the customer reads in the feed. `attempts` is
 * how often the work was tried, where that is known. A kind of work has reasons of its own beside these, and may say
 * these in its own words. Codes are part of the public interface: they are never renamed.
 */
const BUILT_IN = {
  PROVIDER_UNAVAILABLE: (attempts) => `Our AI provider was unavailable${tried(attempts)}.`,
  PROVIDER_RATE_LIMITED: (attempts) => `Our AI provider was too busy${tried(attempts)}.`,
  PROVIDER_TIMEOUT: (attempts) => `Our AI provider did not answer in time${tried(attempts)}.`,
  PROVIDER_REFUSED: () => 'Our AI provider declined this request.',
  PROVIDER_REJECTED_REQUEST: () => 'Our AI provider could not process this request.',
  PROVIDER_ACCOUNT: () => 'Our AI provider did not accept our account. This is our fault, not yours.',
  OUTPUT_UNUSABLE: (attempts) => `The result came back empty or unreadable${tried(attempts)}.`,
  OUTPUT_NOT_STORED: () => 'The result could not be stored.',
  OUTPUT_DISCARDED: () => 'The result came after the credits had been given back.',
  WORKER_LOST: (attempts) => `The work was interrupted on our side${tried(attempts)}.`,
  WORKER_OVERLOADED: (attempts) => `We were too busy to finish the work in time${tried(attempts)}.`,
  WORK_TIMED_OUT: (attempts) => `The work took too long${tried(attempts)}.`,
  CANCELLED: () => 'The generation was cancelled.',
  OPERATOR_TERMINATED: () => 'The generation was stopped by our team.',
  WORKFLOW_TIMED_OUT: () => 'The generation took too long.',
  WORKFLOW_FAILED: () => 'The generation failed on our side.',
  WORKFLOW_LOST: () => 'The generation was lost on our side.',
  INTERNAL_ERROR: () => 'Something went wrong on our side.',
} as const satisfies Record<string, (attempts?: number) => string>;

export type BuiltInReason = keyof typeof BUILT_IN;
/** A built-in one, or one of a kind's own. */
export type ReasonCode = BuiltInReason | (string & {});

/** A reason of a kind's own, or a built-in one in its words. */
export interface FailureReason {
  /** What the customer reads: one or two sentences, at most 500 characters. */
  readonly sentence: string | ((failed: { readonly attempts?: number }) => string);
  /** No further attempt: it would fail the same way. */
  readonly final?: boolean;
}
export type FailureReasons = Readonly<Record<string, FailureReason>>;

/** A reason and its sentence, as they are written to the ledger. */
export interface Reason {
  readonly code: ReasonCode;
  readonly message: string;
}

const isBuiltIn = (code: string): code is BuiltInReason => Object.hasOwn(BUILT_IN, code);

/** Whether a refund can be told by this code: it is built in, or one of the kind's own. */
export const isKnown = (code: string, own: FailureReasons): boolean => isBuiltIn(code) || Object.hasOwn(own, code);

/** The reason of this code, in the words for a customer: the kind's own first. One that nobody knows is INTERNAL_ERROR. */
export function reason(code: ReasonCode, attempts?: number, own: FailureReasons = {}): Reason {
  const sentence = Object.hasOwn(own, code) ? own[code]?.sentence : undefined;
  if (typeof sentence === 'string') return { code, message: sentence };
  if (sentence) return { code, message: sentence(attempts === undefined ? {} : { attempts }) };
  if (!isBuiltIn(code)) return reason('INTERNAL_ERROR', attempts, own);
  const words: (attempts?: number) => string = BUILT_IN[code];
  return { code, message: words(attempts) };
}

/** `; we tried 3 times`, or nothing where that is not known. */
export function tried(attempts?: number): string {
  if (attempts === undefined) return '';
  return attempts === 1 ? '; we tried once' : `; we tried ${attempts} times`;
}
