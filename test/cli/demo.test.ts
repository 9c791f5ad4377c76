import { BARE, inFolder, run } from '../harness/command';

test('GIVEN a fresh checkout WHEN the demo runs THEN every scene ends as it should, and it adds up', async () => {
  // Whatever is configured, the demo touches nothing real.
  const env = {
    ...BARE,
    DATABASE_URL: 'postgresql://127.0.0.1:1/real',
    OPENAI_API_KEY: 'real',
    TEMPORAL_ADDRESS: 'real:1',
  };
  const { code, stdout, stderr } = await inFolder((cwd) => run(['demo', '--once'], { env, cwd }));

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('All 14 scenes ended as they should.');
  expect(stdout).not.toContain('✗');
  expect(stdout).toMatch(/attempt 5 failed: PROVIDER_UNAVAILABLE HTTP 503 · after a wait of \d/);
  expect(stdout).toMatch(/acme +balance 13 = Σ entries 13 · held 0 = Σ open reservations 0/);
  expect(stdout).toMatch(/✓ makegood audit: \d+ checks/);
});
