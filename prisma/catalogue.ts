import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../package-root';

// What guards the ledger lies in Postgres's catalogue: triggers, indexes, constraints, functions. What it must be comes
// from the migrations themselves: catalogue.json has the digest of everything that they make in an empty database, written
// by `npm run record-catalogue` and part of this package, where the database's owner can't write.

/** `trigger account.account_no_removal` → a digest of its definition. */
export type Catalogue = Readonly<Record<string, string>>;

export const CATALOGUE_FILE = join(PACKAGE_ROOT, 'prisma/catalogue.json');

let expected: Promise<Catalogue> | undefined;
export function expectedCatalogue(): Promise<Catalogue> {
  expected ??= readFile(CATALOGUE_FILE, 'utf8').then((text) => JSON.parse(text) as Catalogue);
  return expected;
}

/** Whose definition is read: `kind`, `name` and `definition` of all that lies in the first schema of the search path. */
const DEFINITIONS = `
  WITH ours AS (SELECT oid FROM pg_namespace WHERE nspname = current_schema()),
  own_table AS (
    SELECT c.* FROM pg_class AS c, ours WHERE relnamespace = ours.oid AND relname NOT LIKE '\\_prisma\\_%'
  ), owner AS (SELECT relowner AS oid FROM own_table WHERE relname = 'account')
  SELECT 'table' AS kind, relname::text AS name, concat_ws(' ', relkind, relpersistence, relrowsecurity,
         relowner = (SELECT oid FROM owner), (
           SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
                                       attgenerated, pg_get_expr(adbin, adrelid)), ', ' ORDER BY attnum)
             FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
            WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)) AS definition
    FROM own_table AS c WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
  UNION ALL
  SELECT 'type', typname, concat_ws(' ', typtype, format_type(typbasetype, typtypmod), typnotnull, (
           SELECT string_agg(enumlabel, ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))
    FROM pg_type AS t, ours WHERE typnamespace = ours.oid AND typtype IN ('e', 'd')
  UNION ALL
  -- A not-null constraint is its column's, whether Postgres keeps it here or not.
  SELECT 'constraint', CASE conrelid WHEN 0 THEN contypid::regtype::text ELSE conrelid::regclass::text END || '.' || conname,
         concat_ws(' ', pg_get_constraintdef(con.oid, true), convalidated, (
           SELECT string_agg(tgenabled::text, '' ORDER BY tgenabled) FROM pg_trigger WHERE tgconstraint = con.oid))
    FROM pg_constraint AS con, ours WHERE connamespace = ours.oid AND contype IN ('c', 'f', 'p', 'u', 'x')
     AND conrelid::regclass::text NOT LIKE '\\_prisma\\_%'
  UNION ALL
  SELECT 'index', relname, concat_ws(' ', pg_get_indexdef(c.oid, 0, true), indisvalid, indisready)
    FROM own_table AS c JOIN pg_index ON indexrelid = c.oid
  UNION ALL
  SELECT 'trigger', relname || '.' || tgname, concat_ws(' ', pg_get_triggerdef(pg_trigger.oid, true), tgenabled)
    FROM pg_trigger JOIN own_table AS c ON c.oid = tgrelid WHERE NOT tgisinternal
  UNION ALL
  SELECT 'function', p.oid::regprocedure::text, concat_ws(' ', prorettype::regtype, prokind, lanname, provolatile,
         prosecdef, proisstrict, proretset, proowner = (SELECT oid FROM owner),
         replace(proconfig::text, 'search_path=' || quote_ident(current_schema()), 'search_path=ours'),
         pg_get_function_arguments(p.oid), prosrc, aggtransfn, aggfinalfn, agginitval)
    FROM pg_proc AS p JOIN ours ON pronamespace = ours.oid JOIN pg_language AS l ON l.oid = prolang
    LEFT JOIN pg_aggregate ON aggfnoid = p.oid
  UNION ALL
  SELECT 'rule', relname || '.' || rulename, pg_get_ruledef(pg_rewrite.oid, true)
    FROM pg_rewrite JOIN own_table AS c ON c.oid = ev_class
  UNION ALL
  SELECT 'policy', relname || '.' || polname, polcmd::text FROM pg_policy JOIN own_table AS c ON c.oid = polrelid`;

/** For whoever has our schema first in the search path. */
export const CATALOGUE_SQL = `
  SELECT kind || ' ' || name AS object, encode(sha256(convert_to(definition, 'UTF8')), 'hex') AS digest
    FROM (${DEFINITIONS}) AS defined ORDER BY 1`;
