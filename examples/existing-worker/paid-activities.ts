import { step } from 'makegood/activity';
import { ask } from './model';
import { ticketReply } from './ticket-reply';

export const writeReply = step(ticketReply, 'writeReply', (question: string, { signal }) =>
  ask('Answer this question of a customer.', question, signal),
);
