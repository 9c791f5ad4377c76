/**
 * Why credits are given back: each reason with the sentence that the customer reads in the feed. `attempts` is how
 * often the work was tried, where that is known. Codes are part of the public interface: they are never renamed.
 */
const SENTENCES = {
  PROVIDER_UNAVAILABLE: (attempts) => `Our AI provider was unavailable${tried(attempts)}.`,
  PROVIDER_RATE_LIMITED: (attempts) => `Our AI provider was too busy${tried(attempts)}.`,
  PROVIDER_TIMEOUT: (attempts) => `Our AI provider did not answer in time${tried(attempts)}.`,
  PROVIDER_REFUSED: () => 'Our AI provider declined to write this draft.',
  PROVIDER_REJECTED_REQUEST: () => 'Our AI provider could not process this request.',
  PROVIDER_ACCOUNT: () => 'Our AI provider did not accept our account. This is our fault, not yours.',
  DRAFT_UNUSABLE: (attempts) => `The draft came back empty or unreadable${tried(attempts)}.`,
  DRAFT_NOT_STORED: () => 'The draft could not be stored.',
  DRAFT_DISCARDED: () => 'The draft came after the credits had been given back.',
  WORKER_LOST: (attempts) => `The work was interrupted on our side${tried(attempts)}.`,
  WORKER_OVERLOADED: (attempts) => `We were too busy to finish the work in time${tried(attempts)}.`,
  WORK_TIMED_OUT: (attempts) => `The draft took too long${tried(attempts)}.`,
  CANCELLED: () => 'The generation was cancelled.',
  OPERATOR_TERMINATED: () => 'The generation was stopped by our team.',
  WORKFLOW_TIMED_OUT: () => 'The generation took too long.',
  WORKFLOW_FAILED: () => 'The generation failed on our side.',
  WORKFLOW_LOST: () => 'The generation was lost on our side.',
  INTERNAL_ERROR: () => 'Something went wrong on our side.',
} as const satisfies Record<string, (attempts?: number) => string>;

export type ReasonCode = keyof typeof SENTENCES;

/** A reason and its sentence, as they are written to the ledger. */
export interface Reason {
  readonly code: ReasonCode;
  readonly message: string;
}

/** The reason of this code, in the words for a customer. */
export function reason(code: ReasonCode, attempts?: number): Reason {
  const sentence: (attempts?: number) => string = SENTENCES[code];
  return { code, message: sentence(attempts) };
}

export const isReasonCode = (text: string): text is ReasonCode => Object.hasOwn(SENTENCES, text);

function tried(attempts?: number): string {
  if (attempts === undefined) return '';
  return attempts === 1 ? '; we tried once' : `; we tried ${attempts} times`;
}
