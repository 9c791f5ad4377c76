import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { temporal } from '@temporalio/proto';
import { address, makegood, newAccount, sandboxRequests, until } from '../../harness';
import { fileOf, HISTORIES } from './histories';

// `npm run record-histories`: writes the histories anew, from the real server. Only after a change that is meant to
// make another history; a released workflow changes through `patched`, and the old histories stay.

test.each(Object.entries(HISTORIES))('records %s', async (name, story: { behaviour: string; cancel?: boolean }) => {
  const account = await newAccount();
  const to = address(story.behaviour);
  await makegood().start({ account, id: name, kind: 'email-draft', input: { to, goal: 'Say hello' } });
  if (story.cancel) {
    await until('the provider to be asked', async () => (await sandboxRequests({ to })).count > 0);
    await makegood().cancel(account, name);
  }
  await makegood().result(account, name, 45_000);
  const { workflow } = await makegood().describe(account, name);
  const history = await makegood().context.temporal.workflow.getHandle(workflow.workflowId).fetchHistory();
  mkdirSync(dirname(fileOf(name)), { recursive: true });
  writeFileSync(fileOf(name), temporal.api.history.v1.History.encode(scrubbed(history)).finish());
});

/** Without what names the machine it was recorded on: a replay looks at neither. */
function scrubbed<T extends object>(message: T): T {
  for (const [key, value] of Object.entries(message)) {
    if (key === 'stackTrace' || /identity$/i.test(key)) Object.assign(message, { [key]: '' });
    else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) scrubbed(value);
  }
  return message;
}
