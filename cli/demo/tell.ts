import { openMakegood } from '../../client/makegood';
import { lineOf } from '../errors';
import type { LocalStack } from '../local-stack';
import { paint } from '../output';
import type { Witnesses } from './findings';
import { Narrator, type Say } from './narrator';
import { printProof, printStatement } from './proof';
import { Scene } from './scene';
import { ACCOUNT, CREDITS, noWorker, SPENT, STORIES, type Story } from './stories';

/** A start with no worker is answered `pending` after this long. The default would be a long silence. */
const START_TIMEOUT_MS = 1_000;

/** Tells all stories, and shows the money afterwards. Resolves to whether every story ended as it should. */
export async function tellStories({ stack: { sandbox }, env, startWorker }: LocalStack, print: Say): Promise<boolean> {
  if (!sandbox) throw new Error('The demo needs the sandbox provider.');
  const impatient = openMakegood({ env, startTimeoutMs: START_TIMEOUT_MS });
  const makegood = openMakegood({ env });
  try {
    await makegood.grant({ account: ACCOUNT, credits: CREDITS, key: 'demo', reason: 'Starter package' });
    let pending = () => {};
    const worker = new Promise<void>((resolve) => {
      pending = resolve;
    }).then(startWorker);

    const first = noWorker(worker, pending);
    const narrator = new Narrator(print, STORIES.length + 1);
    const tell = (story: Story, index: number, witnesses: Witnesses) => tellOne(story, index, narrator, witnesses);
    const stories = [
      tell(first, 0, { makegood: impatient, sandbox }).finally(() => pending()), // Should it fail, the others go on.
      // The others want a worker from the start.
      ...STORIES.map((story, index) => worker.then(() => tell(story, index + 1, { makegood, sandbox }))),
    ];
    const failures = (await Promise.all(stories)).filter((ok) => !ok).length;

    print('');
    await printStatement(makegood, ACCOUNT, print);
    print('');
    const right = await printProof(makegood, print);
    const { balance } = await makegood.balance(ACCOUNT);
    const spent = balance === CREDITS - SPENT;
    if (!spent) print(paint('red', `✗ ${ACCOUNT} should have ${CREDITS - SPENT} credits left, not ${balance}`));
    print('');
    print(
      failures === 0
        ? paint(['bold', 'green'], `All ${stories.length} stories ended as they should.`)
        : paint(['bold', 'red'], `${failures} of ${stories.length} stories did not end as they should.`),
    );
    return failures === 0 && right && spent;
  } finally {
    await Promise.all([makegood.close(), impatient.close()]);
  }
}

async function tellOne(story: Story, index: number, narrator: Narrator, witnesses: Witnesses): Promise<boolean> {
  narrator.say(index, `\n${paint('bold', `${String(index + 1).padStart(2)}  ${story.title}`)}`);
  const scene = new Scene(witnesses, (line) => narrator.say(index, `    ${line}`));
  try {
    await story.tell(scene);
  } catch (error) {
    scene.check(lineOf(error) ?? 'failed', false);
  } finally {
    narrator.over(index);
  }
  return scene.failures === 0;
}
