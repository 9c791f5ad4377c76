import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Client } from 'pg';
import { inOurSchema } from '../../prisma/schema-name';
import { until } from '../harness';
import { BARE, ctrlC, inFolder, jsonLines, launch, run } from '../harness/command';

interface Ready {
  readonly ready: true;
  readonly env: Record<string, string>;
  readonly urls: Record<string, string>;
}

test('GIVEN dev runs in a folder THEN the other commands find it there, and after Ctrl-C nothing is left', async () => {
  await inFolder(async (cwd) => {
    const place = { env: BARE, cwd };
    const dev = launch(['dev', '--json'], place);
    try {
      const [line] = await until('dev to be ready', async () => {
        if (dev.child.exitCode !== null) throw new Error(dev.output.stderr);
        return dev.output.stdout.includes('\n') && jsonLines<Ready>(dev.output.stdout);
      });
      const { ready, env, urls } = line as Ready;
      expect(ready).toBe(true);
      expect(urls).toMatchObject({
        postgres: expect.any(String),
        temporal: expect.any(String),
        sandbox: expect.any(String),
      });

      expect(await run(['grant', 'acme', '3'], place)).toMatchObject({ code: 0 });
      const email = ['--account', 'acme', '--to', 'ok@sandbox.test', '--goal', 'Say hello', '--json'];
      expect(jsonLines((await run(['generate', ...email], place)).stdout)).toMatchObject([{ status: 'succeeded' }]);

      const audit = await run(['audit', '--json'], place);
      expect(audit.code).toBe(0);
      expect(JSON.parse(audit.stdout)).toMatchObject({ checked: expect.any(Array), discrepancies: [] });
      await asOwner(env, "UPDATE account SET balance = balance + 1 WHERE id = 'acme'");
      const broken = await run(['audit'], place);
      expect(broken.code).toBe(1);
      expect(broken.stdout).toMatch(/balance is the sum of entries: acme/);

      ctrlC(dev.child);
      expect(await dev.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('stopping') });
      expect(existsSync(dirname(env.TEMPORAL_CONFIG_FILE as string))).toBe(false);
      await expect(fetch(urls.temporal as string)).rejects.toThrow();
      await expect(fetch(urls.sandbox as string)).rejects.toThrow();
      await expect(asOwner(env, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
      expect(await run(['balance', 'acme'], place)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('DATABASE_URL'),
      });
    } finally {
      dev.child.kill('SIGKILL');
    }
  });
});

test('GIVEN --data WHEN dev is started again THEN the credits are there', async () => {
  await inFolder(async (cwd) => {
    const place = { env: BARE, cwd };
    for (const expected of [3, 6]) {
      const dev = launch(['dev', '--data', 'kept'], place);
      try {
        await until('dev to be ready', async () => dev.output.stdout.includes('Ready.'));
        const granted = await run(['grant', 'acme', '3', '--json'], place);
        expect(JSON.parse(granted.stdout)).toMatchObject({ balance: expected });
        dev.child.kill('SIGTERM');
        expect(await dev.ended).toMatchObject({ code: 0 });
      } finally {
        dev.child.kill('SIGKILL');
      }
    }
  });
});

async function asOwner(env: Record<string, string>, sql: string): Promise<void> {
  const client = new Client(inOurSchema(env.MAKEGOOD_OWNER_DATABASE_URL as string));
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
