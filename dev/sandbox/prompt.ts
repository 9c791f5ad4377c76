import type { Draft } from './behaviours';

export interface Message {
  readonly role?: unknown;
  readonly content?: unknown;
}

/** What the sandbox understands of a prompt: to whom to write, and what about. */
export interface Prompt {
  readonly to: string | undefined;
  readonly draft: Draft;
}

/** Reads the brief, a JSON object in a user message. Of any other prompt it takes the first sandbox address in it. */
export function readPrompt(messages: readonly Message[]): Prompt {
  const texts = messages.map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content ?? '')));
  const brief = texts.map(parseBrief).find((found) => found !== undefined) ?? {};
  const to = text(brief.to) ?? /[\w.-]+(?:\+[^\s@"<>]*)?@sandbox\.test/i.exec(texts.join('\n'))?.[0];
  return { to, draft: write(to, brief) };
}

function parseBrief(content: string): Record<string, unknown> | undefined {
  if (!content.includes('{')) return undefined;
  try {
    // The object may stand among other words.
    const value: unknown = JSON.parse(content.slice(content.indexOf('{'), content.lastIndexOf('}') + 1));
    const isBrief = typeof value === 'object' && value !== null && ('to' in value || 'goal' in value);
    return isBrief ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A plausible email, the same for the same brief. */
function write(to: string | undefined, brief: Record<string, unknown>): Draft {
  const goal = (text(brief.goal) ?? 'following up on our conversation').replace(/[.\s]+$/, '');
  const context = text(brief.context);
  // Subjects are cut where mail programs cut them.
  const subject = goal.length > 60 ? `${goal.slice(0, 59).trimEnd()}…` : goal;
  const casual = /casual|friendly|warm|informal/i.test(text(brief.tone) ?? '');
  const paragraphs = [
    casual ? `Hi ${nameOf(to)},` : `Dear ${nameOf(to)},`,
    `I am writing to you about this: ${goal}.`,
    ...(context === undefined ? [] : [context]),
    casual ? 'Just reply to this email, I am happy to help.' : 'Please let me know what you think.',
    `${casual ? 'Cheers' : 'Kind regards'},\n${text(brief.sender) ?? 'The team'}`,
  ];
  return { subject: subject.charAt(0).toUpperCase() + subject.slice(1), body: paragraphs.join('\n\n') };
}

function nameOf(to: string | undefined): string {
  const word = /^[a-z]+/i.exec(to ?? '')?.[0];
  if (word === undefined || /@sandbox\.test$/i.test(to ?? '')) return 'customer';
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
