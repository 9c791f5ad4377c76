import { join } from 'node:path';
import type { GenerationRequest } from '../../client/order';
import { MakegoodError } from '../../errors';
import type { EmailBrief } from '../../kinds/email-draft';
import { PACKAGE_ROOT } from '../../package-root';
import { readBriefs } from '../generations/briefs';

export type Brief = GenerationRequest & { readonly input: EmailBrief };

/** The briefs of a scene of the demo; the scene says for which account. */
export function briefsOf(scene: string, account: string): [Brief, ...Brief[]] {
  const lines = [...readBriefs(join(PACKAGE_ROOT, 'examples/briefs.jsonl'), account)];
  const [first, ...rest] = lines.flatMap((line) =>
    'request' in line && line.scene === scene ? [line.request as Brief] : [],
  );
  if (!first) throw new MakegoodError('INVALID_INPUT', `examples/briefs.jsonl has no brief for the scene "${scene}".`);
  return [first, ...rest];
}
