import type { EmailBrief, EmailDraft } from '../kinds/email-draft';
import type { Order } from './order';
import { payOnSuccess } from './pay-on-success';
import { paidWork } from './work';

/** Drafts an email, paid for only when delivered. */
export function generateEmail(order: Order<EmailBrief>): Promise<EmailDraft> {
  return payOnSuccess(order, (generationRun) => paidWork(order).draftEmail(generationRun, order.input));
}
