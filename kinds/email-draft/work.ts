import { perform, WorkFailure } from '../../activities/api';
import { emailDraft } from '.';
import { instructions, parseDraft } from './prompt';
import type { Provider } from './provider';

/** Asks the provider for one draft. */
export const emailDraftWork = ({ api, model }: Provider) =>
  perform(emailDraft, async (brief, { account, id, requestId, signal, timeoutMs }) => {
    const { choices } = await api.chat.completions
      .create(
        { model, response_format: { type: 'json_object' }, messages: instructions(brief) },
        {
          signal,
          // Ends with the answer's headers, so `signal` is what counts: it comes before.
          timeout: timeoutMs,
          // For finding the call in the provider's logs.
          headers: { 'x-request-id': requestId, 'x-makegood-generation': `${account}/${id}` },
        },
      )
      .catch((error: unknown) => {
        // A connection that is cut in the middle of an answer is `fetch`'s own error, half a body the parser's.
        if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
        throw new WorkFailure('PROVIDER_UNAVAILABLE', error.message, { cause: error });
      });
    const choice = choices?.[0];
    const refusal = choice?.message?.refusal;
    if (refusal) throw new WorkFailure('PROVIDER_REFUSED', `declined: ${refusal}`);
    if (choice?.finish_reason === 'content_filter') throw new WorkFailure('PROVIDER_REFUSED', 'stopped by its filter');
    return parseDraft(choice?.message?.content);
  });
