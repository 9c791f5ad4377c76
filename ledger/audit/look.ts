import { type Check, type Seen, seen } from './check';
import { type Findings, NAMED } from './findings';
import type { Snapshot } from './snapshot';

/** What each row of a look's answer is: found by the check of this number, or one of these. */
const ROWS = -1;
const EXTRA = -2;

interface Row {
  readonly nr: number;
  readonly account: string | null;
  readonly generation: string | null;
  readonly seq: number | null;
  readonly message: string | null;
  readonly total: number;
}

/**
 * Runs all the checks over what is seen, in one statement. `given` makes the tables `seen_…`; `extra` is a query of one
 * column of JSON, whose rows are answered.
 */
export async function look<T = never>(
  tx: Snapshot,
  findings: Findings,
  checks: readonly Check[],
  { given, extra }: { readonly given: string; readonly extra?: string },
  ...values: readonly unknown[]
): Promise<T[]> {
  const tables = [...new Set(checks.map(({ over }) => over))];
  const parts = [
    ...checks.map(
      ({ sql }, nr) =>
        `(SELECT ${nr} AS nr, account::text, generation::text, seq::float8, message::text, count(*) OVER ()::float8 AS total
            FROM (${sql}) AS found ORDER BY account, generation, seq LIMIT ${NAMED})`,
    ),
    ...tables.map((over) => `(SELECT ${ROWS}, '${over}', NULL, NULL, NULL, count(*)::float8 FROM ${seen(over)})`),
    ...(extra === undefined
      ? []
      : [`(SELECT ${EXTRA}, NULL, NULL, NULL, extra::text, 0 FROM (${extra}) AS more (extra))`]),
  ];
  const rows = await tx.$queryRawUnsafe<Row[]>(`WITH ${given} ${parts.join(' UNION ALL ')}`, ...values);

  const count = (over: Seen) => rows.find(({ nr, account }) => nr === ROWS && account === over)?.total ?? 0;
  for (const [nr, { name, over }] of checks.entries()) {
    const found = rows.filter((row) => row.nr === nr);
    findings.add(name, count(over), found.map(whatWasFound), found[0]?.total);
  }
  return rows.filter(({ nr }) => nr === EXTRA).map(({ message }) => JSON.parse(message ?? 'null') as T);
}

function whatWasFound({ account, generation, seq, message }: Row) {
  return {
    ...(account === null ? {} : { account }),
    ...(generation === null ? {} : { generation }),
    ...(seq === null ? {} : { seq }),
    message: message ?? '',
  };
}
