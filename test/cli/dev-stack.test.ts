import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { bareEnv, startStack } from '../../dev/stack';
import { missingMigrations, type Queryable } from '../../prisma/migrate';

const report = () => {};

async function query(url: string | undefined, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url ?? 'missing' });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Takes a port, as another program would. */
async function takePort(): Promise<{ port: number; server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, server };
}

/** Without anything that would replace an embedded part; PATH and HOME find the Temporal binary. */
const bare = bareEnv(process.env);

test('GIVEN nothing is configured WHEN the stack starts THEN its variables lead to all of it, until it stops', async () => {
  const stack = await startStack({ env: bare, report });
  try {
    expect(await missingMigrations(stack.env.DATABASE_URL ?? '')).toEqual([]);
    expect(await query(stack.env.DATABASE_URL, 'SELECT count(*)::int AS n FROM makegood.account')).toEqual([{ n: 0 }]);
    expect((await fetch(`${stack.env.TEMPORAL_UI_URL}`)).status).toBe(200);
    expect((await fetch(`${stack.env.OPENAI_BASE_URL?.replace('/v1', '/healthz')}`)).status).toBe(200);

    // A second stack with these variables starts nothing of its own, and passes them on.
    const other = await startStack({ env: { ...stack.env, OPENAI_MODEL: 'm' }, report });
    expect(other.env).toEqual({ ...stack.env, OPENAI_MODEL: 'm' });
    expect(other.urls).toEqual({});
    await other.stop();

    // Postgres comes back on the same port with the same data: tests restart it in the middle of work.
    await stack.postgres?.stop('immediate');
    await stack.postgres?.start();
    expect(await missingMigrations(stack.env.DATABASE_URL ?? '')).toEqual([]);
  } finally {
    await stack.stop();
  }
  await stack.stop();
  await expect(query(stack.env.DATABASE_URL, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  await expect(fetch(`${stack.env.TEMPORAL_UI_URL}`)).rejects.toThrow();
});

test('GIVEN a data folder WHEN the stack starts in it again THEN what was written is there', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'makegood-test-'));
  const env = { ...bare, TEMPORAL_ADDRESS: 'elsewhere:7233', OPENAI_API_KEY: 'key' };
  try {
    const first = await startStack({ env, dataDir, report });
    await query(
      first.env.MAKEGOOD_OWNER_DATABASE_URL,
      'CREATE TABLE kept AS SELECT 42 AS answer; GRANT SELECT ON kept TO PUBLIC',
    );
    await first.stop();
    const second = await startStack({ env, dataDir, report });
    expect(await query(second.env.DATABASE_URL, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await second.stop();
    expect(existsSync(dataDir)).toBe(true);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});

test.each(['MAKEGOOD_PG_PORT', 'MAKEGOOD_TEMPORAL_PORT', 'MAKEGOOD_TEMPORAL_UI_PORT', 'MAKEGOOD_SANDBOX_PORT'])(
  'GIVEN %s names a port that is taken or none at all WHEN the stack starts THEN the error names the variable',
  async (setting) => {
    const { port, server } = await takePort();
    try {
      const taken = startStack({ env: { ...bare, [setting]: String(port) }, report });
      await expect(taken).rejects.toMatchObject({ code: 'PORT_TAKEN', message: expect.stringContaining(setting) });
      for (const value of ['0', '65536', '80.5', 'http']) {
        const wrong = startStack({ env: { ...bare, [setting]: value }, report });
        await expect(wrong).rejects.toMatchObject({
          code: 'INVALID_SETTING',
          message: expect.stringContaining(setting),
        });
      }
    } finally {
      server.close();
    }
  },
);

test('GIVEN a Postgres that is not there WHEN the stack starts THEN it says so, and leaves nothing running', async () => {
  const lines: string[] = [];
  const env = {
    ...bare,
    DATABASE_URL: 'postgresql://nobody:secret@127.0.0.1:1/none',
    TEMPORAL_ADDRESS: 'elsewhere:7233',
  };
  const start = startStack({ env, report: (line) => lines.push(line) });
  await expect(start).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
  await expect(start).rejects.not.toThrow('secret');
  const [baseUrl] = lines.join('\n').match(/http:\S+/) ?? [];
  await expect(fetch(`${baseUrl}`)).rejects.toThrow();
});

test('GIVEN a Prisma client instead of a URL WHEN migrations are missing THEN it is told all the same', async () => {
  const empty: Queryable = { schema: { sql: 'makegood' }, $queryRawUnsafe: async () => [{ readable: null }] };
  expect((await missingMigrations(empty)).length).toBeGreaterThan(0);
});
