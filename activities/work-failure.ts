/** How a failed attempt is to be followed. */
export interface WorkFailureOptions extends ErrorOptions {
  /** No further attempt: it would fail the same way. The reason's own word (`final` beside the kind) unless given. */
  readonly final?: boolean;
  /** When to come back, in milliseconds; the policy's own delay unless given. */
  readonly retryAfterMs?: number;
  /** The HTTP status that the provider answered with, for the record of the attempt. */
  readonly status?: number;
}

/** Thrown by paid work: why it has failed, as one of the kind's reasons or a built-in one. */
export class WorkFailure extends Error {
  override readonly name = 'WorkFailure';

  /** `message` is for operators; what the customer reads is the reason's sentence. */
  constructor(
    readonly code: string,
    message: string,
    readonly options: WorkFailureOptions = {},
  ) {
    super(message, options);
  }
}
