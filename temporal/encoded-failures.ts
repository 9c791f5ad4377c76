import { DefaultFailureConverter } from '@temporalio/common';

// Temporal's own converter leaves messages and stack traces beside the payloads, where no codec comes: a provider's
// refusal may quote what it was asked. With this one they are payloads too. Loaded by its path, in workflows as well: it
// imports nothing else.

/** The name that Temporal's SDK asks for. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
