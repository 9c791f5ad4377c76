import { definePaidWork } from 'makegood/kind';
import { z } from 'zod';

/** What is sold: the reply to a ticket. Handling the ticket costs nothing. */
export const ticketReply = definePaidWork({
  kind: 'ticket-reply',
  input: z.strictObject({ question: z.string().min(1).max(10_000) }),
  output: z.object({ subject: z.string().min(1), body: z.string().min(1) }),
  price: 2,
  label: () => 'Reply to a ticket',
  reasons: { PROVIDER_REFUSED: { sentence: 'Our AI could not answer this ticket: a person will.' } },
});
