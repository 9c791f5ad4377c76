import type { z } from 'zod';
import { EmailBrief } from './email-draft';

/** One kind of paid work: the workflow that does it, the schema of its input, its name in the customer's feed. */
export interface Kind<Input = unknown> {
  readonly workflow: string;
  readonly input: z.ZodType<Input>;
  /** One line for people, without its recipient's full text: at most 200 characters are kept. */
  readonly label: (input: Input) => string;
}

const kind = <Input>(definition: Kind<Input>): Kind<Input> => definition;

/** Every kind of paid work there is. A new one is a line here, a price, an activity and a five-line workflow. */
export const KINDS = {
  'email-draft': kind<EmailBrief>({
    workflow: 'generateEmail',
    input: EmailBrief,
    label: ({ to }) => `Email to ${to}`,
  }),
} as const;

export type KindName = keyof typeof KINDS;
/** The input that a kind of work takes. */
export type InputOf<K extends KindName> = z.infer<(typeof KINDS)[K]['input']>;
