import { WorkFailure } from 'makegood/activity';
import { OpenAI } from 'openai';

// Reads OPENAI_API_KEY and OPENAI_BASE_URL. Temporal owns the retries: the client's own would hide attempts from it.
const openai = new OpenAI({ maxRetries: 0 });
const model = process.env.OPENAI_MODEL || 'gpt-5-mini';

/** Asks the model. Makegood understands what OpenAI's client throws: a server that is away, a limit, a wrong key. */
export async function ask(task: string, material: string, signal: AbortSignal): Promise<Answer> {
  const { choices } = await openai.chat.completions.create(
    {
      model,
      response_format: { type: 'json_object' },
      messages: [
        { role: 'system', content: `${task} Answer with a JSON object {"subject": string, "body": string}.` },
        { role: 'user', content: material },
      ],
    },
    { signal },
  );
  const message = choices[0]?.message;
  if (message?.refusal) throw new WorkFailure('PROVIDER_REFUSED', message.refusal);
  try {
    return JSON.parse(message?.content ?? '') as Answer;
  } catch (cause) {
    throw new WorkFailure('OUTPUT_UNUSABLE', 'the answer is not JSON', { cause });
  }
}

/** Not checked here: the kind's `output` is what decides. */
interface Answer {
  readonly subject: string;
  readonly body: string;
}
