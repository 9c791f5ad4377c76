import { EmailDraft } from '../../kinds/email-draft';
import { paint, plain, plainLine } from '../output';

/** A draft for people. One of a kind that is not known here is shown as it is. */
export function draftText(draft: unknown): string {
  if (draft === null) return paint('dim', 'The draft was erased.');
  const email = EmailDraft.safeParse(draft);
  if (!email.success) return JSON.stringify(draft, null, 2);
  return `${paint('bold', `Subject: ${plainLine(email.data.subject)}`)}\n\n${plain(email.data.body)}`;
}
