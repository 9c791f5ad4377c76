import type { IncomingHttpHeaders } from 'node:http';

/** One request to the provider, as tests and people ask for it afterwards. */
export interface LoggedRequest {
  /** `account/generation`, and which run and attempt it was: from the headers that Makegood sends. */
  readonly generation: string | undefined;
  readonly run: string | undefined;
  readonly attempt: number | undefined;
  readonly to: string | undefined;
  readonly at: string;
  /** The status answered; nothing yet, or never, where it hangs or was cut. */
  status?: number;
  /** The client went away before it had its answer. */
  aborted: boolean;
}

export interface RequestFilter {
  readonly to?: string | undefined;
  readonly generation?: string | undefined;
}

export interface RequestReport {
  readonly count: number;
  readonly aborted: number;
  readonly requests: readonly LoggedRequest[];
}

/** A sandbox may serve for days and must not grow for ever; a benchmark of an hour stays below this. */
const KEPT = 100_000;

/** What was asked, and how often: the memory of the sandbox. */
export class RequestLog {
  #requests: LoggedRequest[] = [];
  readonly #counts = new Map<string, number>();
  readonly #firstRuns = new Map<string, string>();

  /** Writes the request down. `earlierInRun` counts those before it of the same run, recipient and generation. */
  add(
    headers: IncomingHttpHeaders,
    to: string | undefined,
  ): { request: LoggedRequest; earlierInRun: number; firstRun: boolean } {
    const { generation, run, attempt } = sender(headers);
    const request: LoggedRequest = { generation, run, attempt, to, at: new Date().toISOString(), aborted: false };
    this.#requests.push(request);
    // Half at a time, so that dropping the oldest costs nothing to speak of.
    if (this.#requests.length > KEPT) this.#requests = this.#requests.slice(-KEPT / 2);

    const key = JSON.stringify([generation, run, to]);
    const earlierInRun = this.#counts.get(key) ?? 0;
    remember(this.#counts, key, earlierInRun + 1);
    const whole = JSON.stringify([generation, to]);
    const first = this.#firstRuns.get(whole) ?? run ?? '';
    remember(this.#firstRuns, whole, first);
    return { request, earlierInRun, firstRun: first === (run ?? '') };
  }

  report({ to, generation }: RequestFilter): RequestReport {
    const requests = this.#requests.filter(
      (request) =>
        (to === undefined || request.to === to) && (generation === undefined || request.generation === generation),
    );
    return { count: requests.length, aborted: requests.filter(({ aborted }) => aborted).length, requests };
  }
}

/** `x-request-id: account/generation/run/attempt`; the first two also alone in `x-makegood-generation`. */
function sender(headers: IncomingHttpHeaders): Pick<LoggedRequest, 'generation' | 'run' | 'attempt'> {
  const [, fromId, run, attempt] = /^(.+)\/([^/]+)\/(\d+)$/.exec(String(headers['x-request-id'] ?? '')) ?? [];
  const generation = headers['x-makegood-generation']?.toString() ?? fromId;
  return { generation, run, attempt: attempt === undefined ? undefined : Number(attempt) };
}

/** Sets and makes it the youngest; the oldest goes when there are too many. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= KEPT) return;
  const oldest = map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
}
