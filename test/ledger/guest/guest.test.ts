import { stackEnv } from '../../harness';
import { run } from '../../harness/command';
import { dump } from './dump';
import { expectRight, fullRun } from './full-run';
import { type Host, OWNER, startHost } from './host';

// Somebody else's database, with tables, types, functions, roles and migrations of its own that bear our names.

/** A dozen commands, one after the other, and a whole run: twenty seconds where nobody else is at work. */
const LIMIT_MS = 240_000;

const OURS = { schema: 'makegood', roles: '^(makegood_(worker|server|operator|auditor)|guest_.*)$' };

let host: Host;
let env: Record<string, string>;
const login = (name: string) => host.url(name, 'guest');
beforeAll(async () => {
  host = await startHost();
  env = {
    ...stackEnv(),
    MAKEGOOD_OWNER_DATABASE_URL: host.url(OWNER.login, OWNER.password),
    DATABASE_URL: login('guest_worker'),
    MAKEGOOD_OPERATOR_DATABASE_URL: login('guest_operator'),
  };
});

const migrate = (...args: string[]) => run(['migrate', ...args], { env });
const migrateAll = () =>
  migrate(
    ...['--grant', `${login('guest_worker')}=worker`, '--grant', `${login('guest_server')}=server`],
    ...['--grant', 'guest_operator=operator'],
  );

test(
  'GIVEN a host’s database WHEN we move in, work, and move out again THEN everything of the host’s is as it was, and its migrations go on',
  async () => {
    const before = await dump(host.sql);
    expect(before.length).toBeGreaterThan(100);

    expect(await migrateAll()).toMatchObject({ code: 0, stderr: '' });
    expect(await dump(host.sql, OURS)).toEqual(before);
    // No login of ours reads what is the host's.
    const { rows } = await host.sql.query(
      `SELECT rolname, relname FROM pg_roles, pg_class WHERE rolname LIKE 'guest\\_%'
        AND relnamespace = 'public'::regnamespace AND has_table_privilege(pg_roles.oid, pg_class.oid, 'SELECT')`,
    );
    expect(rows).toEqual([]);

    const server = { ...env, DATABASE_URL: login('guest_server') };
    expectRight(await fullRun({ worker: env, server, backend: server }));
    expect(await dump(host.sql, OURS)).toEqual(before);

    // The host goes on as if we were not there: also where one of its migrations fails, and is mended.
    await expect(
      host.deploy('20260201000000_second', 'ALTER TABLE account ADD COLUMN nickname text; nonsense'),
    ).rejects.toThrow();
    expect(await migrateAll()).toMatchObject({ code: 0, stderr: '' });
    await host.sql.query(`DELETE FROM _prisma_migrations WHERE finished_at IS NULL`);
    expect(await host.deploy('20260201000000_second', 'ALTER TABLE account ADD COLUMN nickname text')).toEqual([
      '20260201000000_second',
    ]);
    const settled = await dump(host.sql, OURS);

    const asked = await migrate('--drop');
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining('Nothing was dropped') });
    expect(await migrateAll()).toMatchObject({ code: 0 });

    // Something of the host's that would go along keeps us from going.
    await host.sql.query('CREATE VIEW customers AS SELECT id, balance FROM makegood.account');
    const refused = await migrate('--drop', '--yes');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('public.customers') });
    await host.sql.query('DROP VIEW customers');

    expect(await migrate('--drop', '--yes')).toMatchObject({ code: 0, stderr: '' });
    expect(await dump(host.sql)).toEqual(settled);
    expect(await migrate('--drop', '--yes')).toMatchObject({ code: 0, stdout: expect.stringContaining('no schema') });
    expect(await host.deploy('20260301000000_third', 'DROP VIEW rich')).toEqual(['20260301000000_third']);
  },
  LIMIT_MS,
);

test.each([
  ['MAKEGOOD_SCHEMA', { MAKEGOOD_SCHEMA: 'public' }],
  ['MAKEGOOD_SCHEMA', { MAKEGOOD_SCHEMA: 'Robert"; DROP' }],
  ['?schema=', { query: '?schema=public' }],
  ['?schema=', { query: '?schema=pg_catalog' }],
])(
  'GIVEN a schema that cannot be ours, by %s THEN it is refused with one line, and nothing is made',
  async (_, wrong: Record<string, string>) => {
    const { query = '', ...more } = wrong;
    const before = await dump(host.sql);
    const there = { ...env, ...more, MAKEGOOD_OWNER_DATABASE_URL: env.MAKEGOOD_OWNER_DATABASE_URL + query };
    const refused = await run(['migrate'], { env: there });
    expect(refused).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^[^\n]*MAKEGOOD_SCHEMA[^\n]*\n$/),
    });
    expect(await dump(host.sql)).toEqual(before);
  },
);

test('GIVEN ?schema= in the URL, or MAKEGOOD_SCHEMA THEN that is where we live, and two of us side by side', async () => {
  const url = host.url(OWNER.login, OWNER.password);
  const one = {
    ...stackEnv(),
    MAKEGOOD_OWNER_DATABASE_URL: '',
    MAKEGOOD_OPERATOR_DATABASE_URL: '',
    DATABASE_URL: `${url}?schema=first_ledger`,
  };
  const two = { ...one, MAKEGOOD_SCHEMA: 'second_ledger' };
  for (const there of [one, two]) expect(await run(['migrate'], { env: there })).toMatchObject({ code: 0 });
  expect(await run(['grant', 'acme', '5'], { env: one })).toMatchObject({ code: 0, stderr: '' });
  const balance = async (there: Record<string, string>) => run(['balance', 'acme', '--json'], { env: there });
  expect(JSON.parse((await balance(one)).stdout)).toMatchObject({ balance: 5 });
  expect(await balance(two)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no such account'),
  });
  for (const there of [one, two])
    expect(await run(['migrate', '--drop', '--yes'], { env: there })).toMatchObject({ code: 0 });
});
