import OpenAI from 'openai';
import type { ProviderSettings } from '../settings';

/** A provider that speaks OpenAI's chat completions, and the model to ask. */
export interface Provider {
  readonly api: OpenAI;
  readonly model: string;
}

export function connectProvider({ baseUrl, apiKey, model }: ProviderSettings): Provider {
  return {
    // Temporal owns the retries: its own would hide attempts from the policy, the record and the operator.
    api: new OpenAI({ apiKey, baseURL: baseUrl, maxRetries: 0 }),
    model,
  };
}
