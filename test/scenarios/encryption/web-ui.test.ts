import { randomBytes } from 'node:crypto';
import { startStack } from '../../../dev/stack';
import { startWorker } from '../../../worker';
import { client, onClose } from '../../harness';
import { startBrowser } from '../../harness/browser';

const { PATH, HOME, XDG_CACHE_HOME, TEMPORAL_CLI_PATH } = process.env;

test('GIVEN a stack with keys WHEN an operator opens a workflow in its Web UI THEN brief, draft and label can be read there', async () => {
  // 32 characters: the longest id of a key, so that the longest label is the longest summary that Temporal is given.
  const keys = `${'k'.repeat(32)}:${randomBytes(32).toString('base64')}`;
  const bare = { PATH, HOME, XDG_CACHE_HOME, TEMPORAL_CLI_PATH };
  const stack = await startStack({ env: { ...bare, MAKEGOOD_ENCRYPTION_KEYS: keys }, report: () => {} });
  onClose(() => stack.stop());
  // Other processes of this stack encrypt as well.
  expect(stack.env).toMatchObject({ MAKEGOOD_ENCRYPTION_KEYS: keys });
  const env = { ...stack.env, MAKEGOOD_LOG: 'silent' };
  const worker = await startWorker({ env });
  onClose(() => worker.stop());
  const makegood = client({ env });
  await makegood.grant({ account: 'acme', credits: 1 });
  const to = `ada@${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(50)}.test`;
  await makegood.start({ account: 'acme', id: 'one', kind: 'email-draft', input: { to, goal: 'Ask about the kayak' } });
  const end = await makegood.result('acme', 'one');
  expect(end?.status).toBe('succeeded');
  const { subject } = (end as unknown as { output: { subject: string } }).output;

  const { workflow } = await makegood.describe('acme', 'one');
  const { profile, close } = await startBrowser();
  onClose(close);
  const page = await (await profile()).newPage();
  await page.goto(workflow.url as string);
  await page.getByText('Ask about the kayak').first().waitFor();
  await page.getByText(subject).first().waitFor();
  await page.getByText('Email to ada@aaaa').first().waitFor();
  expect(await page.content()).not.toContain('binary/makegood-encrypted');
});
