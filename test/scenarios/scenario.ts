import { randomUUID } from 'node:crypto';
import type { EmailBrief } from '../../kinds/email-draft';
import { makegood, sandboxRequests } from '../harness';

// What customers pay for, as scenarios on the real stack: each looks at the balance, the statement, the
// generation, its workflow and its attempts, and at what the provider was really asked.

/** Scenarios wait for providers, not for the processor: they run side by side. */
export const scenario = test.concurrent;

export const email = (to: string, goal = 'Thank them for their order'): { kind: 'email-draft'; input: EmailBrief } => ({
  kind: 'email-draft',
  input: { to, goal },
});

/** Starts a generation and waits for its end. */
export async function run(account: string, to: string, id = `g-${randomUUID()}`) {
  await makegood().start({ account, id, ...email(to) });
  return ended(account, id);
}

export async function ended(account: string, id: string) {
  const end = await makegood().result(account, id, 45_000);
  const { workflow, record } = await makegood().describe(account, id);
  return {
    id,
    end,
    workflow: workflow.status,
    attempts: record?.attempts.map(({ number, reason }) => `${number} ${reason}`),
  };
}

export const asked = async (to: string) => (await sandboxRequests({ to })).count;
