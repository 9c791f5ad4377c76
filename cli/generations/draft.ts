import { EmailDraft } from '../../kinds/email-draft';
import { paint, plain, plainLine } from '../output';

/** A draft for people. What is no email is shown as it is, in JSON. */
export function draftText(draft: unknown): string {
  if (draft === null) return paint('dim', 'The draft was erased.');
  const email = EmailDraft.strict().safeParse(draft);
  if (!email.success) return JSON.stringify(draft, null, 2);
  return `${paint('bold', `Subject: ${plainLine(email.data.subject)}`)}\n\n${plain(email.data.body)}`;
}
