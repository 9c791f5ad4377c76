/**
 * Every point between two side effects in a generation's life: a worker may be killed at any of them, and the crash
 * tests (test/crash) kill one at each. They take their cases from this list, so none can be forgotten.
 *
 * What lies between two activities needs no point of its own: a workflow has no side effects, so a worker that dies
 * after `settle:committed` and one that dies while the workflow goes on leave the same behind.
 */
export const FAULT_POINTS = [
  'reserve:asked', // nothing held yet
  'reserve:committed', // held, and the workflow does not know
  'work:begun', // the attempt is under way
  'work:asking', // earlier attempts that were lost are written down
  'work:answered', // the provider has been paid for an output that Temporal does not have
  'work:failed', // the attempt has failed, and nobody knows
  'work:noted', // written down, and Temporal does not know
  'settle:asked', // Temporal has the output, and nothing is charged
  'settle:committed', // charged and stored, and the workflow does not know
  'refund:asked', // failed for good, and still held
  'refund:committed', // given back, and the workflow does not know
  'refund:noted', // and the last lost attempt is written down
  'sweep:found', // its workflow is over, and it still holds
  'sweep:refunded', // given back, and nobody has heard of it
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

/** For tests alone: `name` or `name@3` kills this process when it comes to that point, at the third time. */
const VARIABLE = 'MAKEGOOD_FAULT_POINT';

/** Read once. Two switches, so that no production process is ever armed by one stray variable. */
const armed = process.env.NODE_ENV === 'test' ? parse(process.env[VARIABLE]) : undefined;
let seen = 0;

/** Does nothing, unless a test has armed this point: then the process dies here, as by a power cut. */
export function faultPoint(point: FaultPoint): void {
  if (armed === undefined || armed.point !== point) return;
  seen++;
  if (seen === armed.nth) process.kill(process.pid, 'SIGKILL');
}

/** Throws on a name that is no point: a test that kills nobody proves nothing. */
function parse(text: string | undefined): { point: FaultPoint; nth: number } | undefined {
  if (!text) return undefined;
  const [name, nth = '1'] = text.split('@');
  const point = FAULT_POINTS.find((known) => known === name);
  if (point === undefined || !/^[1-9]\d*$/.test(nth)) throw new Error(`${VARIABLE} names no fault point: ${text}`);
  return { point, nth: Number(nth) };
}
