import type { Makegood } from '../../client/makegood';
import type { Ended } from '../../client/progress';
import { MakegoodError } from '../../errors';
import { lineOf } from '../errors';
import { printJson } from '../output';
import type { Stop } from '../signals';
import type { Line } from './briefs';
import { type Asking, generateOne } from './generate-one';
import { persistently } from './persist';
import type { Progress } from './progress';
import { NO_WORKER, rowOf } from './row';
import { Tally } from './tally';

export interface Many {
  readonly makegood: Makegood;
  readonly stop: Stop;
  readonly concurrency: number;
  readonly progress: Progress;
  readonly json: boolean;
}

/** Generates all lines, `concurrency` at a time. Whatever is wrong with one does not stop the others. */
export async function generateMany(lines: Iterable<Line>, many: Many): Promise<Tally> {
  const { makegood, stop, progress } = many;
  const tally = new Tally();
  const asking: Asking = {
    makegood,
    stop,
    onAway: once((error: Error) => progress.note(`${lineOf(error)} Trying again until it answers.`)),
    onPending: once(() => progress.note(NO_WORKER)),
  };
  const inTurn = turns();

  async function generate(line: Line): Promise<void> {
    if ('problem' in line) return bad(line, line.problem);
    const { account, id } = line.request;
    return inTurn(`${account} ${id}`, () => ask(line));
  }

  async function ask(line: Asked): Promise<void> {
    try {
      const fate = await generateOne(asking, line.request);
      if (fate.is === 'under way') tally.underWay++;
      else if (fate.is === 'not started') tally.notStarted++;
      else await ended(line, fate.end);
    } catch (error) {
      if (error instanceof MakegoodError && (error.code === 'INVALID_INPUT' || error.code === 'UNKNOWN_ACCOUNT')) {
        return bad(line, error.message);
      }
      tally.errors++;
      progress.note(`${where(line)}: ${lineOf(error)}`);
    }
  }

  async function ended(line: Line, end: Ended): Promise<void> {
    tally.ended(end);
    if (end.status === 'rejected' && end.reason === 'GENERATION_CONFLICT') {
      progress.note(`${where(line)}: ${end.message}`);
    }
    if (many.json) printJson(await persistently(() => rowOf(makegood, end), stop.signal, asking.onAway));
  }

  function bad(line: Line, problem: string): void {
    tally.bad++;
    progress.note(`${where(line)}: ${problem}`);
  }

  const rest = lines[Symbol.iterator]();
  const lane = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) {
      if (stop.signal.aborted) tally.notStarted++;
      else await generate(next.value);
      progress.step();
    }
  };
  await Promise.all(Array.from({ length: many.concurrency }, lane));
  return tally;
}

type Asked = Extract<Line, { request: unknown }>;

/** One after the other under one key: of two lines with the same id, the first is the one that runs. */
function turns(): (key: string, work: () => Promise<void>) => Promise<void> {
  const last = new Map<string, Promise<void>>();
  return async (key, work) => {
    const before = last.get(key);
    const now = before ? before.then(work) : work();
    last.set(key, now);
    await now;
    if (last.get(key) === now) last.delete(key);
  };
}

const where = ({ number }: Line) => `line ${number}`;

function once<Args extends unknown[]>(act: (...args: Args) => void): (...args: Args) => void {
  let done = false;
  return (...args) => {
    if (!done) act(...args);
    done = true;
  };
}
