/**
 * What the sandbox provider does for a recipient, chosen by the address as card numbers do in a payment sandbox:
 * `<behaviour>@sandbox.test`, or `<behaviour>+anything@sandbox.test`. Any other recipient is served as `ok` is.
 */
export type Reply =
  | { readonly kind: 'answer'; readonly choice: Choice; readonly afterMs?: number }
  | { readonly kind: 'error'; readonly status: number; readonly code: string; readonly retryAfterSeconds?: number }
  /** Accepts the request and never answers. */
  | { readonly kind: 'hang' }
  /** Cuts the connection. */
  | { readonly kind: 'reset' }
  /** Begins its answer, and then says no more, or cuts the connection. */
  | { readonly kind: 'stall' | 'cut' };

/** The part of a chat completion that behaviours differ in. */
export interface Choice {
  readonly content: string | null;
  readonly refusal?: string;
  readonly finishReason: 'stop' | 'length' | 'content_filter';
}

export interface Draft {
  readonly subject: string;
  readonly body: string;
}

/** What a behaviour may look at: the same request always meets the same reply. */
export interface Call {
  /** The draft a good provider would give. */
  readonly draft: Draft;
  /** How many requests this run of the generation sent before this one. */
  readonly earlierInRun: number;
  /** Whether this is the first run of the generation that we see. */
  readonly firstRun: boolean;
}

export interface Behaviour {
  readonly name: string;
  readonly does: string;
  readonly pattern: RegExp;
  reply(call: Call, parameter: string): Reply;
}

const answer = (content: string): Reply => ({ kind: 'answer', choice: { content, finishReason: 'stop' } });
const write = (draft: Draft): Reply => answer(JSON.stringify(draft));
const unavailable: Reply = { kind: 'error', status: 503, code: 'server_overloaded' };
const UNITS: Record<string, number> = { s: 1_000, ms: 1 };

function row(name: string, does: string, reply: Behaviour['reply']): Behaviour {
  const pattern = new RegExp(`^${name.replace('DURATION', '(\\d+m?s)').replace('N', '(\\d+)')}$`);
  return { name, does, pattern, reply };
}

/** N is a number, DURATION a number of `s` or `ms`. */
export const BEHAVIOURS: readonly Behaviour[] = [
  row('ok', 'writes the draft', ({ draft }) => write(draft)),
  row('flaky-N', 'fails N times in each run, then works', (call, n) =>
    call.earlierInRun < Number(n) ? unavailable : write(call.draft),
  ),
  row('ratelimited-N', 'asks to be called again in a second, N times in each run, then works', (call, n) =>
    call.earlierInRun < Number(n)
      ? { kind: 'error', status: 429, code: 'rate_limit_exceeded', retryAfterSeconds: 1 }
      : write(call.draft),
  ),
  row('down', 'always fails', () => unavailable),
  row('second-run', 'fails all through the first run, works in any later one', ({ firstRun, draft }) =>
    firstRun ? unavailable : write(draft),
  ),
  row('refused', 'declines to write this', () => ({
    kind: 'answer',
    choice: { content: null, refusal: 'I cannot help with this request.', finishReason: 'stop' },
  })),
  row('filtered', 'is stopped by the content filter', () => ({
    kind: 'answer',
    choice: { content: null, finishReason: 'content_filter' },
  })),
  row('truncated', 'runs out of tokens in the middle of the draft', ({ draft }) => {
    const content = JSON.stringify(draft);
    return { kind: 'answer', choice: { content: content.slice(0, content.length / 2), finishReason: 'length' } };
  }),
  row('empty', 'answers with nothing', () => answer('')),
  row('garbled', 'answers with something that is not JSON', () => answer('Sure! Here is your email: {"subject": "Hel')),
  row('nul', 'puts a NUL character into the subject', ({ draft }) =>
    write({ ...draft, subject: `${draft.subject}\u0000` }),
  ),
  row('surrogate', 'puts half a character into the body', ({ draft }) =>
    write({ ...draft, body: `${draft.body}\ud800` }),
  ),
  row('badrequest', 'finds the request wrong', () => ({ kind: 'error', status: 400, code: 'invalid_request' })),
  row('unauthorized', 'refuses the key', () => ({ kind: 'error', status: 401, code: 'invalid_api_key' })),
  row('quota', 'says that the quota is used up', () => ({ kind: 'error', status: 429, code: 'insufficient_quota' })),
  row('slow-DURATION', 'writes the draft after that time', ({ draft }, duration) => {
    const [, amount, unit] = /^(\d+)(m?s)$/.exec(duration) ?? [];
    const choice: Choice = { content: JSON.stringify(draft), finishReason: 'stop' };
    return { kind: 'answer', choice, afterMs: Number(amount) * (UNITS[unit ?? ''] ?? 0) };
  }),
  row('hang', 'never answers', () => ({ kind: 'hang' })),
  row('reset', 'cuts the connection', () => ({ kind: 'reset' })),
  row('stalled', 'stops in the middle of its answer', () => ({ kind: 'stall' })),
  row('cut', 'cuts the connection in the middle of its answer', () => ({ kind: 'cut' })),
];

/** The reply for a recipient. */
export function replyTo(recipient: string | undefined, call: Call): Reply {
  const [, name = 'ok'] = /^([^+@]+)(?:\+[^@]*)?@sandbox\.test$/i.exec(recipient ?? '') ?? [];
  for (const { pattern, reply } of BEHAVIOURS) {
    const match = pattern.exec(name.toLowerCase());
    if (match !== null) return reply(call, match[1] ?? '');
  }
  return write(call.draft);
}
