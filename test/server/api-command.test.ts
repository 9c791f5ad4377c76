import { newAccount, serverEnv, until } from '../harness';
import { jsonLines, launch, run } from '../harness/command';

test('GIVEN makegood server and a key THEN the API answers, until the key is revoked; SIGTERM ends it cleanly', async () => {
  const account = await newAccount(4);
  const created = await run(['keys', 'create', 'backend', '--scope', 'read,write', '--json']);
  expect(created).toMatchObject({ code: 0, stderr: '' });
  const [made] = jsonLines<{ id: string; key: string }>(created.stdout);
  const { id, key } = made as { id: string; key: string };
  expect(key).toMatch(new RegExp(`^mg_${id}_[A-Za-z0-9_-]{43}$`));
  const listed = (await run(['keys', 'list'])).stdout;
  expect(listed).toMatch(new RegExp(`^${id} +read,write +created .* backend$`, 'm'));
  expect(listed).not.toContain(key.slice(-43));

  const server = launch(['server', '--json'], { env: serverEnv() });
  try {
    const { url } = await until('the server to listen', async () => {
      if (server.child.exitCode !== null) throw new Error(server.output.stderr);
      return server.output.stdout.includes('\n') && jsonLines<{ url: string }>(server.output.stdout)[0];
    });
    const ask = () => fetch(`${url}/v1/accounts/${account}`, { headers: { authorization: `Bearer ${key}` } });
    expect(await (await ask()).json()).toEqual({ account, balance: 4, held: 0 });

    const taken = await run(['server', '--port', new URL(url).port]);
    expect(taken).toMatchObject({ code: 1, stderr: expect.stringMatching(/Port \d+ is taken\. Set PORT/) });

    expect(await run(['keys', 'revoke', id])).toMatchObject({ code: 0 });
    expect(JSON.parse((await run(['keys', 'revoke', id, '--json'])).stdout)).toEqual({ id });
    expect((await ask()).status).toBe(401);

    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0 });
    await expect(ask()).rejects.toThrow('fetch failed');
  } finally {
    server.child.kill('SIGKILL');
  }
});

test('GIVEN a scope that there is not THEN no key is made, and the exit code says misuse', async () => {
  const refused = await run(['keys', 'create', 'never-made', '--scope', 'root']);
  expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('read, write, admin') });
  expect((await run(['keys', 'list'])).stdout).not.toContain('never-made');
});
