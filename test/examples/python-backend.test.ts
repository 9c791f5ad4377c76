import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../package-root';
import { address, makegood, newAccount } from '../harness';
import { expectToAddUp, movesOf } from '../harness/money';
import { python, pythonTest } from '../harness/python';
import { type Api, newKey, startApi } from '../server/api';

let api: Api;
let env: Record<string, string>;
beforeAll(async () => {
  api = await startApi();
  env = { MAKEGOOD_URL: api.url, MAKEGOOD_KEY: await newKey('write') };
});

const app = (account: string, to: string) =>
  python([join(PACKAGE_ROOT, 'examples/python-backend/app.py'), account, to], { env });

pythonTest('GIVEN a customer with credits WHEN the button is pressed twice THEN one draft, paid for once', async () => {
  const account = await newAccount(1);
  const to = address('ok');
  for (let time = 0; time < 2; time++) {
    const { code, output } = await app(account, to);
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringMatching(/^Subject: .+\n\n[\s\S]+Balance of .+: 0\n/),
    });
  }
  expect(await movesOf(account)).toEqual([
    expect.stringMatching(/^RESERVE -1 welcome-/),
    expect.stringMatching(/^SETTLE -1 welcome-/),
  ]);
});

pythonTest('GIVEN work that fails for good THEN the credits are back, and the customer reads why', async () => {
  const account = await newAccount(1);
  const { code, output } = await app(account, address('refused'));
  expect({ code, output }).toEqual({
    code: 1,
    output: expect.stringMatching(/^No draft: .+ 1 of 1 credits came back\./),
  });
  expect(output).toMatch(/\+1 {2}REFUND/);
  await expectToAddUp(account);
});

pythonTest('GIVEN too few credits THEN it says what it takes and what there is, and nothing is charged', async () => {
  const account = await newAccount(1);
  await app(account, address('ok'));
  const { code, output } = await app(account, address('ok'));
  expect({ code, output }).toEqual({ code: 2, output: expect.stringMatching(/it takes 1, there are 0\./) });
  expect(await makegood().balance(account)).toMatchObject({ balance: 0, held: 0 });
});
