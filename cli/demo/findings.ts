import { isDeepStrictEqual } from 'node:util';
import type { Makegood } from '../../client/makegood';
import type { Sandbox } from '../../dev/sandbox/server';
import type { UsageEntry } from '../../ledger/usage';
import { count } from '../output';
import { signed } from '../statement';
import type { Brief } from './briefs';

/** What there is to see of a generation from outside: the ledger, Temporal, and what the provider was asked. */
export interface Findings {
  /** Its entries, oldest first: `RESERVE −1`, `SETTLE −1 held`, `REFUND +1`. */
  readonly moves: readonly string[];
  /** Temporal's status of its newest run. */
  readonly workflow: string;
  /** The reasons of its failed attempts, oldest first. */
  readonly failed: readonly string[];
  /** How many requests the provider has had. */
  readonly asked: number;
  /** How many of these were given up by us. */
  readonly aborted: number;
}

export interface Witnesses {
  readonly makegood: Makegood;
  readonly sandbox: Sandbox;
}

export async function look({ makegood, sandbox }: Witnesses, { account, id }: Brief): Promise<Findings> {
  const { entries } = await makegood.usage(account, { generation: id, limit: 100 });
  const described = await makegood.describe(account, id).catch(() => undefined); // Unknown: nothing has come of it.
  const { count: asked, aborted } = sandbox.requests({ generation: `${account}/${id}` });
  return {
    moves: entries.map(move).reverse(),
    workflow: described?.workflow.status ?? 'NONE',
    failed: described?.record?.attempts.map(({ reason }) => reason) ?? [],
    asked,
    aborted,
  };
}

const move = ({ kind, amount }: UsageEntry) => (kind === 'SETTLE' ? kind : `${kind} ${signed(amount)}`);

/** What differs from what should be, in words; nothing when all is as it should be. */
export function differences(expected: Partial<Findings>, found: Findings): string[] {
  return (Object.keys(expected) as (keyof Findings)[])
    .filter((what) => !isDeepStrictEqual(expected[what], found[what]))
    .map((what) => `${what} should be ${text(expected[what])}, and is ${text(found[what])}`);
}

const text = (value: unknown) => JSON.stringify(value);

/** The findings in a line, for people. */
export function inWords({ moves, workflow, asked, aborted }: Findings): string {
  return [
    moves.length === 0 ? 'nothing written' : moves.join(', '),
    `workflow ${workflow}`,
    `provider asked ${count(asked, 'time')}${aborted ? `, ${aborted} aborted` : ''}`,
  ].join(' · ');
}
