import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import { pay, steps } from 'makegood/workflow';
import type * as activities from './activities';
import type * as paidActivities from './paid-activities';
import { ticketReply } from './ticket-reply';

const { sendReply, assignToPerson } = proxyActivities<typeof activities>({ startToCloseTimeout: '10 seconds' });
const { writeReply } = steps<typeof paidActivities>(ticketReply);

export interface Ticket {
  readonly number: string;
  readonly account: string;
  readonly question: string;
}

/** The company's own workflow, under an id of its own. Only the reply is paid for, and only if there is one. */
export async function handleTicket({ number, account, question }: Ticket): Promise<string> {
  const request = { account, id: `ticket-${number}`, input: { question } };
  const reply = await pay(ticketReply, request, ({ question }) => writeReply(question)).catch(unpaid);
  if (typeof reply === 'string') {
    await assignToPerson(number, reply);
    return `for a person: ${reply}`;
  }
  await sendReply(number, reply);
  return 'answered';
}

/** The credits are back already, or were never held (INSUFFICIENT_CREDITS): the type says why. */
function unpaid(failure: unknown): string {
  if (failure instanceof ApplicationFailure && failure.type) return failure.type;
  throw failure;
}
