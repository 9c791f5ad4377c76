import type { OpenAI } from 'openai' with { 'resolution-mode': 'import' };
import type { ProviderSettings } from '../../settings';

/** A provider that speaks OpenAI's chat completions, and the model to ask. */
export interface Provider {
  readonly api: OpenAI;
  readonly model: string;
}

/** Loads OpenAI's client: a worker of other kinds need not have it. */
export async function connectProvider({ baseUrl, apiKey, model }: ProviderSettings): Promise<Provider> {
  const { OpenAI } = await import('openai');
  return {
    // Temporal owns the retries: its own would hide attempts from the policy, the record and the operator.
    api: new OpenAI({ apiKey, baseURL: baseUrl, maxRetries: 0 }),
    model,
  };
}
