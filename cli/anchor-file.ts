import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { MakegoodError } from '../errors';
import { type Anchor, type Audited, type AuditOptions, audit, type Head, Marks } from '../ledger/audit';
import type { Database } from '../ledger/database';

// What an audit has seen of each account, in a file that lies wherever the operator puts it: one line of JSON about the
// audit, then one an account. The next audit with the same file goes on from there.

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const anchorSchema = z.object({
  audit: z.uuid(),
  at: z.iso.datetime(),
  root: z.union([hash, z.literal('')]),
  accounts: z.int(),
  audits: z.int(),
  members: z.array(z.string()),
});
const headSchema = z.object({
  ...{ account: z.string(), genesis: hash, seq: z.int(), head: hash, balance: z.int(), held: z.int() },
});

/** Lines that go to the database together. */
const BATCH = 5_000;

/**
 * Audits from what the file tells, where there is one, and writes what it has seen: not where the past is another than
 * the file's, which then stays as it is. Throws INVALID_INPUT for a file of something else.
 */
export async function auditWithFile(db: Database, file: string, options: AuditOptions): Promise<Audited<Anchor>> {
  // Of this command alone, for as long as it runs.
  const auditor = `file/${randomUUID()}`;
  try {
    const before = await load(new Marks(db, auditor), file);
    const report = await audit(db, { ...options, from: { auditor, ...(before ? { anchor: before } : {}) } });
    if (report.anchor !== before) await save(new Marks(db, auditor), report.anchor, file);
    return report;
  } finally {
    await new Marks(db, auditor).begin(undefined);
  }
}

/** Brings the file's heads to where the audit can compare with them. Nothing where there is no such file. */
async function load(marks: Marks, file: string): Promise<Anchor | undefined> {
  const lines = createInterface({ input: createReadStream(file) });
  let anchor: Anchor | undefined;
  let batch: Head[] = [];
  const send = () => marks.add(batch, anchor?.audit);
  try {
    for await (const line of lines) {
      if (anchor === undefined) anchor = parsed(anchorSchema, line, file);
      else batch.push(parsed(headSchema, line, file));
      if (batch.length < BATCH) continue;
      await send();
      batch = [];
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  await send();
  if (anchor) return anchor;
  throw notAnAnchor(file);
}

/** Whole or not at all: a file of half the accounts would tell that the others have gone. */
async function save(marks: Marks, anchor: Anchor, file: string): Promise<void> {
  await marks.confirm(anchor.audit);
  const written = `${file}.${anchor.audit}`;
  const handle = await open(written, 'wx');
  try {
    await handle.write(`${JSON.stringify(anchor)}\n`);
    for await (const page of marks.all()) await handle.write(page.map((head) => `${JSON.stringify(head)}\n`).join(''));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(written, file);
}

function parsed<T>(schema: z.ZodType<T>, line: string, file: string): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    throw notAnAnchor(file);
  }
}

const notAnAnchor = (file: string) =>
  new MakegoodError('INVALID_INPUT', `${file} was not written by "makegood audit --anchor". Name another file.`);
