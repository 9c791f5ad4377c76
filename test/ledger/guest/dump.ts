import type { Client } from 'pg';

/** Every object that is not Postgres's own, a line each: what it is, whose it is, and who may do what with it. */
const OBJECTS = `
  SELECT format('schema %s of %s: %s', nspname, nspowner::regrole, nspacl)
    FROM pg_namespace WHERE $namespace = pg_namespace.oid
  UNION ALL SELECT format('%s %s.%s of %s: %s, %s, rls %s', relkind, nspname, relname, relowner::regrole, relacl, reloptions, relrowsecurity)
    FROM pg_class JOIN pg_namespace ON $namespace = relnamespace
  UNION ALL SELECT format('column %s.%s.%s %s %s %s: %s', nspname, relname, attname, format_type(atttypid, atttypmod), attnotnull,
                          pg_get_expr(adbin, adrelid), attacl)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON $namespace = relnamespace
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attnum > 0
  UNION ALL SELECT format('constraint %s.%s %s', nspname, conname, pg_get_constraintdef(pg_constraint.oid))
    FROM pg_constraint JOIN pg_namespace ON $namespace = connamespace
  UNION ALL SELECT pg_get_indexdef(indexrelid)
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_namespace ON $namespace = relnamespace
  UNION ALL SELECT format('%s enabled %s', pg_get_triggerdef(pg_trigger.oid), tgenabled)
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_namespace ON $namespace = relnamespace
  UNION ALL SELECT format('%s of %s: %s', pg_get_functiondef(pg_proc.oid), proowner::regrole, proacl)
    FROM pg_proc JOIN pg_namespace ON $namespace = pronamespace WHERE prokind <> 'a'
  UNION ALL SELECT format('type %s.%s of %s: %s %s', nspname, typname, typowner::regrole, typacl,
                          ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = pg_type.oid ORDER BY enumsortorder))
    FROM pg_type JOIN pg_namespace ON $namespace = typnamespace
  UNION ALL SELECT format('rule %s of %s', pg_get_ruledef(pg_rewrite.oid), relname)
    FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class JOIN pg_namespace ON $namespace = relnamespace
  UNION ALL SELECT format('policy %s on %s %s %s', polname, relname, pg_get_expr(polqual, polrelid), polroles)
    FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid JOIN pg_namespace ON $namespace = relnamespace
  UNION ALL SELECT format('defaults of %s in %s: %s', defaclrole::regrole, defaclnamespace, defaclacl) FROM pg_default_acl
  UNION ALL SELECT format('extension %s %s', extname, extversion) FROM pg_extension
  UNION ALL SELECT format('event trigger %s', evtname) FROM pg_event_trigger
  UNION ALL SELECT format('publication %s', pubname) FROM pg_publication
  UNION ALL SELECT format('large object %s of %s: %s', oid, lomowner::regrole, lomacl) FROM pg_largeobject_metadata
  UNION ALL SELECT format('comment on %s: %s', pg_describe_object(classoid, objoid, objsubid), description)
    FROM pg_description, pg_identify_object(classoid, objoid, objsubid) AS object
    JOIN pg_namespace ON nspname = object.schema AND $namespace = pg_namespace.oid WHERE objoid >= 16384
  -- What Postgres brings along, where somebody has changed it.
  UNION ALL SELECT format('%s: %s', pg_describe_object(classoid, objoid, objsubid), initprivs) FROM pg_init_privs
  UNION ALL SELECT format('builtin %s: %s', pg_proc.oid::regprocedure, proacl)
    FROM pg_proc WHERE proacl IS NOT NULL AND pronamespace = 'pg_catalog'::regnamespace
  UNION ALL SELECT format('builtin %s: %s', pg_class.oid::regclass, relacl)
    FROM pg_class WHERE relacl IS NOT NULL AND relnamespace = 'pg_catalog'::regnamespace`;

/** What belongs to the cluster. */
const shared = (isOurs: (name: string) => string) => `
  SELECT format('role %s %s', to_jsonb(pg_roles) - 'oid' - 'rolconfig', rolconfig) FROM pg_roles WHERE NOT ${isOurs('rolname')}
  UNION ALL SELECT format('%s is a member of %s: %s %s %s', member::regrole, roleid::regrole, admin_option, inherit_option, set_option)
    FROM pg_auth_members WHERE NOT ${isOurs('roleid::regrole::text')} AND NOT ${isOurs('member::regrole::text')}
  UNION ALL SELECT format('settings of %s in %s: %s', setrole, setdatabase, setconfig)
    FROM pg_db_role_setting WHERE NOT ${isOurs('setrole::regrole::text')}
  UNION ALL SELECT format('database %s of %s: %s, %s', datname, datdba::regrole, datacl, datconnlimit) FROM pg_database
  UNION ALL SELECT format('comment on %s: %s', pg_describe_object(classoid, objoid, 0), description)
    FROM pg_shdescription WHERE NOT (classoid = 'pg_authid'::regclass AND ${isOurs('objoid::regrole::text')})`;

/**
 * Everything in the database and its cluster, in lines, sorted; `without` what is ours: one schema, and the roles whose
 * names match a regular expression of Postgres.
 */
export async function dump(sql: Client, without?: { schema: string; roles: string }): Promise<string[]> {
  const notOurs = without ? `AND pg_namespace.nspname <> '${without.schema}'` : '';
  const namespace = `nspname !~ '^(pg_|information_schema$)' ${notOurs} AND pg_namespace.oid`;
  const isOurs = (name: string) => (without ? `${name} ~ '${without.roles}'` : 'false');
  const lines = async (text: string) => {
    const { rows } = await sql.query<[string]>({
      text: text.replaceAll('$namespace', namespace),
      rowMode: 'array',
    });
    return rows.map(([line]) => line);
  };
  const tables = await lines(
    `SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace ON $namespace = relnamespace WHERE relkind = 'r'`,
  );
  const contents: string[] = [];
  for (const table of tables) contents.push(...(await lines(`SELECT '${table}: ' || t::text FROM ${table} AS t`)));
  return [...(await lines(OBJECTS)), ...(await lines(shared(isOurs))), ...contents].sort();
}
