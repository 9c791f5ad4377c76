import { CALLS, READS, ROLES, roleName, SECRETS } from '../../prisma/rights';
import type { Findings } from './findings';
import type { Snapshot } from './snapshot';

export const RIGHTS = 'rights are as migrate gave them';
export const MEMBERS = 'logins have the roles of the audit before';
export const POWERS = 'roles have no powers beside their rights';

/**
 * Nobody but the owner has any right that prisma/rights.ts does not give, nor lacks one; and our roles are nothing else.
 * Answers which logins have which of our roles: that is the operators' to say, so it is only compared with what it was
 * (`before`, where that is known).
 */
export async function checkRights(tx: Snapshot, findings: Findings, before?: readonly string[]): Promise<string[]> {
  const [{ schema }] = await tx.$queryRawUnsafe<[{ schema: string }]>('SELECT current_schema()::text AS schema');
  const [objects, given] = [
    await tx.$queryRawUnsafe<OwnObject[]>(OBJECTS),
    (await tx.$queryRawUnsafe<{ given: string }[]>(GIVEN)).map((row) => row.given),
  ];
  const expected = objects.flatMap((object) => rightsOn(object, schema));
  findings.add(RIGHTS, given.length, [
    ...given
      .filter((right) => !expected.includes(right))
      .map((right) => ({ message: `${right}: no role of ours has this` })),
    ...expected.filter((right) => !given.includes(right)).map((right) => ({ message: `${right}: was taken away` })),
  ]);

  const names = ROLES.map((role) => roleName(schema, role));
  const powers = await tx.$queryRawUnsafe<{ message: string }[]>(POWERS_SQL, names);
  findings.add(POWERS, names.length, powers);
  const members = (await tx.$queryRawUnsafe<{ member: string }[]>(MEMBERS_SQL, names)).map(({ member }) => member);
  if (before) {
    const added = members.filter((member) => !before.includes(member));
    findings.add(
      MEMBERS,
      members.length,
      added.map((member) => ({ message: `${member}, and had not` })),
    );
  }
  return members;
}

interface OwnObject {
  readonly kind: 'schema' | 'table' | 'function';
  readonly name: string;
  /** As `GIVEN` tells it. */
  readonly label: string;
  readonly columns: readonly string[];
}

const OBJECTS = `
  SELECT 'schema' AS kind, current_schema()::text AS name, 'the schema' AS label, '{}'::text[] AS columns
  UNION ALL
  SELECT 'table', relname, 'table ' || relname, ARRAY(
      SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)
    FROM pg_class AS c WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
  UNION ALL
  SELECT 'function', proname, oid::regprocedure::text, '{}' FROM pg_proc
   WHERE pronamespace = current_schema()::regnamespace`;

/** Each right that somebody beside the owner has, in words. What was never granted nor revoked is as Postgres has it. */
const GIVEN = `
  WITH acl (label, owner, acl) AS (
    SELECT 'the schema', nspowner, coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace
     WHERE nspname = current_schema()
    UNION ALL
    SELECT 'table ' || relname, relowner, coalesce(relacl, acldefault('r', relowner)) FROM pg_class
     WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    UNION ALL
    SELECT 'table ' || relname || '.' || attname, relowner, attacl FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
     WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
    UNION ALL
    SELECT oid::regprocedure::text, proowner, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc
     WHERE pronamespace = current_schema()::regnamespace
  )
  SELECT concat(coalesce(rolname, 'PUBLIC'), ' has ', privilege_type, ' on ', label,
                CASE WHEN is_grantable THEN ', and may pass it on' END) AS given
    FROM acl, aclexplode(acl) LEFT JOIN pg_roles ON pg_roles.oid = grantee WHERE grantee <> owner ORDER BY 1`;

function rightsOn({ kind, name, label, columns }: OwnObject, schema: string): string[] {
  const roles = kind === 'schema' ? ROLES : ((kind === 'table' ? READS : CALLS)[name] ?? []);
  const right = kind === 'schema' ? 'USAGE' : kind === 'table' ? 'SELECT' : 'EXECUTE';
  const secret = kind === 'table' ? SECRETS[name] : undefined;
  return roles.flatMap((role) => {
    const has = (what: string) => `${roleName(schema, role)} has ${right} on ${what}`;
    if (!secret || secret.readers.includes(role)) return [has(label)];
    return columns.filter((column) => !secret.columns.includes(column)).map((column) => has(`${label}.${column}`));
  });
}

const POWERS_SQL = `
  SELECT rolname || ' may log in, or make roles or databases, or passes over the rights' AS message FROM pg_roles
   WHERE rolname = ANY ($1) AND (rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)
  UNION ALL
  SELECT member::regrole || ' is a member of ' || roleid::regrole FROM pg_auth_members
   WHERE member IN (SELECT oid FROM pg_roles WHERE rolname = ANY ($1))
  UNION ALL
  -- Superusers are members of every role without being given any: only those that were are asked about.
  SELECT DISTINCT m.member::regrole || ' has a role of ours, and can act as the owner' FROM pg_auth_members AS m
    JOIN pg_roles AS r ON r.oid = m.roleid JOIN pg_roles AS l ON l.oid = m.member
   WHERE r.rolname = ANY ($1)
     AND m.member <> (SELECT relowner FROM pg_class WHERE oid = 'account'::regclass)
     AND (l.rolsuper OR pg_has_role(l.oid, (SELECT relowner FROM pg_class WHERE oid = 'account'::regclass), 'MEMBER'))`;

/** Who creates a role gets it with the right to give it on (Postgres 16): that is the owner, or whoever stands for him. */
const MEMBERS_SQL = `
  SELECT DISTINCT m.member::regrole || ' has ' || r.rolname AS member FROM pg_auth_members AS m
    JOIN pg_roles AS r ON r.oid = m.roleid
   WHERE r.rolname = ANY ($1) AND m.member <> (SELECT relowner FROM pg_class WHERE oid = 'account'::regclass) ORDER BY 1`;
