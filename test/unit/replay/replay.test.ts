import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporal } from '@temporalio/proto';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { PACKAGE_ROOT } from '../../../package-root';
import { fileOf, HISTORIES } from './histories';

// Generations that are under way survive a deploy: today's code takes the same decisions as the code that ran.

let workflowBundle: WorkflowBundle;
beforeAll(async () => {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger });
  workflowBundle = await bundleWorkflowCode({ workflowsPath: join(PACKAGE_ROOT, 'workflows/index.ts'), logger });
});

const { History } = temporal.api.history.v1;
const recorded = (name: string) => History.decode(readFileSync(fileOf(name)));
const replay = (history: temporal.api.history.v1.IHistory) =>
  Worker.runReplayHistory({ workflowBundle }, history, 'makegood/replayed/g');

test.each(Object.keys(HISTORIES))(
  'GIVEN the recorded history of a %s THEN it replays against the current code',
  async (name) => {
    await replay(recorded(name));
  },
);

test('GIVEN a history that the code would not have made THEN the replay fails', async () => {
  const history = recorded('success');
  for (const { activityTaskScheduledEventAttributes: scheduled } of history.events) {
    if (scheduled) scheduled.activityType = { name: 'somethingElse' };
  }
  await expect(replay(history)).rejects.toThrow(/determinism/i);
});
