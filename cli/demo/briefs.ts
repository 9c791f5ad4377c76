import { join } from 'node:path';
import type { GenerationRequest } from '../../client/order';
import { MakegoodError } from '../../errors';
import type { EmailBrief } from '../../kinds/email-draft';
import { PACKAGE_ROOT } from '../../package-root';
import { readBriefs } from '../generations/briefs';

export type Brief = GenerationRequest & { readonly input: EmailBrief };

/** The briefs that the demo tells its stories with; each account is given by its story. */
export function briefsOf(story: string, account: string): [Brief, ...Brief[]] {
  const lines = [...readBriefs(join(PACKAGE_ROOT, 'examples/briefs.jsonl'), account)];
  const [first, ...rest] = lines.flatMap((line) =>
    'request' in line && line.story === story ? [line.request as Brief] : [],
  );
  if (!first) throw new MakegoodError('INVALID_INPUT', `examples/briefs.jsonl has no brief for the story "${story}".`);
  return [first, ...rest];
}
