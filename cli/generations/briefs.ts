import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { GenerationRequest } from '../../client/order';
import { MakegoodError } from '../../errors';
import { emailDraft } from '../../kinds/email-draft';

/** One line of a file of briefs: something to generate, or what is wrong with it. */
export type Line = { readonly number: number } & (
  | { readonly request: GenerationRequest; readonly scene?: string }
  | { readonly problem: string }
);

const NEWLINE = 0x0a;

/**
 * The briefs of a JSONL file, one JSON object a line: `kind` and `input`, or the fields of an email brief alone; and its `id`,
 * `account`, `user`, `campaign` and `metadata` where it has its own. `scene` is for `makegood demo`. Throws INVALID_INPUT where the file can't be read; what is wrong with a line
 * is told with its number, and the next line read.
 */
export function* readBriefs(path: string, account: string | undefined): Generator<Line> {
  let number = 0;
  for (const bytes of lines(contents(path))) {
    number++;
    const line = parse(bytes, account);
    if (line) yield { number, ...line };
  }
}

function contents(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new MakegoodError(
      'INVALID_INPUT',
      `--file ${path} can't be read: ${(cause as Error).message}`,
      {},
      { cause },
    );
  }
}

/** Cut as bytes: one line that is no UTF-8 must not spoil the others. */
function* lines(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, from);
    const to = end === -1 ? bytes.length : end;
    yield bytes.subarray(from, to);
    from = to + 1;
  }
}

function parse(bytes: Buffer, account: string | undefined) {
  const text = decode(bytes);
  if (text === undefined) return { problem: 'is not valid UTF-8' };
  if (text.trim() === '') return undefined;
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: 'is not a JSON object' };
  const brief = value as Record<string, unknown>;
  const { id = randomUUID(), account: own = account, scene, user, campaign, metadata, ...asked } = brief;
  const { kind = emailDraft.kind, input, ...fields } = asked;
  const [alien] = Object.keys(fields);
  if (input !== undefined && alien) return { problem: `${alien}: does not go with input` };
  if (input === undefined && kind !== emailDraft.kind) return { problem: 'input: is missing' };
  if (own === undefined) return { problem: 'account: is missing, and --account is not given' };
  // Whatever is wrong with the values, the client says so: it checks whatever a backend passes.
  const request = {
    id,
    account: own,
    kind,
    input: input ?? fields,
    user,
    campaign,
    metadata,
  } as GenerationRequest;
  return { request, ...(typeof scene === 'string' ? { scene } : {}) };
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
