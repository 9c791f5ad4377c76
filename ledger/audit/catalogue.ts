import { CATALOGUE_SQL, expectedCatalogue } from '../../prisma/catalogue';
import { migrationNames } from '../../prisma/schema-engine';
import type { Findings } from './findings';
import type { Snapshot } from './snapshot';

const KINDS = {
  table: 'tables',
  type: 'types',
  constraint: 'constraints',
  index: 'indexes',
  trigger: 'triggers',
  function: 'functions',
  rule: 'rules',
  policy: 'policies',
} as const;
type Kind = keyof typeof KINDS;

/** An index or a table more changes nothing; anything else can. */
const HARMLESS: ReadonlySet<Kind> = new Set<Kind>(['table', 'index', 'type']);

export const catalogueCheck = (kind: Kind) => `${KINDS[kind]} are as the migrations made them`;
export const CATALOGUE_CHECKS = (Object.keys(KINDS) as Kind[]).map(catalogueCheck);

/** What guards the ledger is there, and nothing stands beside it. */
export async function checkCatalogue(tx: Snapshot, findings: Findings): Promise<void> {
  const other = await otherMigrations(tx);
  if (other.length > 0) {
    findings.unknown.push(
      `Triggers, indexes and functions were not checked: ${other.join(', ')} tells this version apart.`,
    );
    return;
  }
  const expected = await expectedCatalogue();
  const rows = await tx.$queryRawUnsafe<{ object: string; digest: string }[]>(CATALOGUE_SQL);
  const actual = Object.fromEntries(rows.map(({ object, digest }) => [object, digest]));
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const objects = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].filter((object) =>
      object.startsWith(`${kind} `),
    );
    const found = objects.flatMap((object) => {
      const wrong = faultOf(expected[object], actual[object], HARMLESS.has(kind));
      return wrong ? [{ message: `${object} ${wrong}` }] : [];
    });
    findings.add(catalogueCheck(kind), objects.length, found);
  }
}

function faultOf(expected: string | undefined, actual: string | undefined, moreIsHarmless: boolean) {
  if (actual === undefined) return 'is missing';
  if (expected === undefined) return moreIsHarmless ? undefined : 'was made by no migration';
  return expected === actual ? undefined : 'was changed, or disabled';
}

/** Where the database was migrated by another version, what it must have is not known here. */
async function otherMigrations(tx: Snapshot): Promise<string[]> {
  const rows = await tx.$queryRawUnsafe<{ name: string }[]>(
    'SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  );
  const [applied, known] = [rows.map(({ name }) => name), await migrationNames()];
  return [...applied.filter((name) => !known.includes(name)), ...known.filter((name) => !applied.includes(name))];
}
