import { setTimeout as sleep } from 'node:timers/promises';
import { type Environment, email, fund, type QueueOptions, until } from './environment';

/** How long each draft takes, and how far into an attempt its worker is killed. */
const DRAFT_MS = 6_000;
const INTO_DRAFT_MS = 2_000;

/** How much later than their last attempt's own time the drafts have ended, after the second kill. In milliseconds. */
export async function killedTwice(environment: Environment, count: number, options?: QueueOptions): Promise<number> {
  const { makegood, startWorker } = environment.queue(options);
  const account = await fund(makegood);
  const ids = Array.from({ length: count }, (_, index) => `g-${index}`);
  const to = email(`slow-${DRAFT_MS}ms+${account}`);
  let worker = await startWorker();
  await Promise.all(ids.map((id) => makegood.start({ account, id, ...to })));
  for (const kill of [1, 2]) {
    const asked = () => environment.stack.sandbox?.requests({ to: to.input.to }).count ?? 0;
    await until('every draft to be under way', async () => asked() >= kill * count);
    await sleep(INTO_DRAFT_MS);
    await worker.kill();
    if (kill === 1) worker = await startWorker();
  }
  const killed = performance.now();
  worker = await startWorker();
  const ends = await Promise.all(ids.map((id) => makegood.result(account, id)));
  const ms = performance.now() - killed;
  await worker.stop();
  const lost = ends.filter((end) => end?.status !== 'succeeded').length;
  if (lost > 0) throw new Error(`${lost} of ${count} drafts were lost`);
  return ms - DRAFT_MS;
}
