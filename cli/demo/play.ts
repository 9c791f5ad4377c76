import { openMakegood } from '../../client/makegood';
import { lineOf } from '../errors';
import type { LocalStack } from '../local-stack';
import { paint } from '../output';
import type { Witnesses } from './findings';
import { Narrator, type Say } from './narrator';
import { printProof, printStatement } from './proof';
import { ACCOUNT, CREDITS, noWorker, SCENES, type Scene, SPENT } from './scenes';
import { Stage } from './stage';

/** A start with no worker is answered `pending` after this long. The default would be a long silence. */
const START_TIMEOUT_MS = 1_000;

/** Plays all scenes, and shows the money afterwards. Resolves to whether every scene ended as it should. */
export async function playScenes({ stack: { sandbox }, env, startWorker }: LocalStack, print: Say): Promise<boolean> {
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
    const narrator = new Narrator(print, SCENES.length + 1);
    const play = (scene: Scene, index: number, witnesses: Witnesses) => playOne(scene, index, narrator, witnesses);
    const scenes = [
      play(first, 0, { makegood: impatient, sandbox }).finally(() => pending()), // Should it fail, the others go on.
      // The others want a worker from the start.
      ...SCENES.map((scene, index) => worker.then(() => play(scene, index + 1, { makegood, sandbox }))),
    ];
    const failures = (await Promise.all(scenes)).filter((ok) => !ok).length;

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
        ? paint(['bold', 'green'], `All ${scenes.length} scenes ended as they should.`)
        : paint(['bold', 'red'], `${failures} of ${scenes.length} scenes did not end as they should.`),
    );
    return failures === 0 && right && spent;
  } finally {
    await Promise.all([makegood.close(), impatient.close()]);
  }
}

async function playOne(scene: Scene, index: number, narrator: Narrator, witnesses: Witnesses): Promise<boolean> {
  narrator.say(index, `\n${paint('bold', `${String(index + 1).padStart(2)}  ${scene.title}`)}`);
  const stage = new Stage(witnesses, (line) => narrator.say(index, `    ${line}`));
  try {
    await scene.play(stage);
  } catch (error) {
    stage.check(lineOf(error) ?? 'failed', false);
  } finally {
    narrator.over(index);
  }
  return stage.failures === 0;
}
