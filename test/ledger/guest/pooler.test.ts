import { Pool } from 'pg';
import { migrate } from '../../../prisma/migrate';
import { onClose, stackEnv } from '../../harness';
import { expectRight, fullRun } from './full-run';
import { OWNER, startHost } from './host';
import { pgbouncerBinary, startPgBouncer } from './pgbouncer';

const binary = pgbouncerBinary();
if (binary === undefined) console.warn('SKIPPED: no pgbouncer on this machine (apt-get install pgbouncer)');
const whereThereIsOne = binary === undefined ? test.skip : test;

/** A whole run: ten seconds where nobody else is at work. */
const LIMIT_MS = 120_000;

const LOGINS = { guest_worker: 'guest', guest_server: 'guest', guest_operator: 'guest' };

whereThereIsOne(
  'GIVEN a PgBouncer in transaction mode, and a database of another time zone and isolation THEN a whole run through it is right',
  async () => {
    const host = await startHost();
    // Logins that were there before us: nothing sets their sessions to what would suit us.
    for (const [login, password] of Object.entries(LOGINS)) {
      await host.sql.query(`CREATE ROLE ${login} LOGIN PASSWORD '${password}'`);
      await host.sql.query(`GRANT ${login} TO ${OWNER.login} WITH ADMIN OPTION`);
    }
    const ownerUrl = host.url(OWNER.login, OWNER.password);
    const grants = [
      { login: 'guest_worker', roles: ['worker'] as const },
      { login: 'guest_server', roles: ['server'] as const },
      { login: 'guest_operator', roles: ['operator'] as const },
    ];
    await migrate({ ownerUrl, grants, report: () => {} });
    const { url } = await startPgBouncer(binary as string, ownerUrl, LOGINS);

    const through = new Pool({ connectionString: url('guest_server'), max: 20 });
    onClose(() => through.end());
    const sessions = await Promise.all(
      Array.from({ length: 20 }, () => through.query(`SELECT pg_backend_pid(), current_setting('TimeZone') AS zone`)),
    );
    expect(new Set(sessions.map(({ rows }) => rows[0].zone))).toEqual(new Set(['Asia/Tokyo']));
    expect(new Set(sessions.map(({ rows }) => rows[0].pg_backend_pid)).size).toBeLessThanOrEqual(3);

    const env = {
      ...stackEnv(),
      MAKEGOOD_OWNER_DATABASE_URL: '',
      MAKEGOOD_OPERATOR_DATABASE_URL: url('guest_operator'),
    };
    const server = { ...env, DATABASE_URL: url('guest_server') };
    expectRight(await fullRun({ worker: { ...env, DATABASE_URL: url('guest_worker') }, server, backend: server }));
  },
  LIMIT_MS,
);
