import { reasonOfAttempt, recordAttempt } from '../../ledger/attempts';
import { readGeneration } from '../../ledger/generations';
import type { ExecutionId, GenerationId, RunId } from '../../ledger/ids';
import { reason } from '../../ledger/reasons';
import { callerOf, fundedAccount, ledger } from '../harness/ledger';

const UNAVAILABLE = reason('PROVIDER_UNAVAILABLE');
const LIMITED = reason('PROVIDER_RATE_LIMITED');

test('GIVEN work of two steps WHEN each fails at its first attempt THEN both are on record', async () => {
  const account = await fundedAccount();
  await callerOf(account).reserve();
  const [generation, execution, run] = ['g1' as GenerationId, 't1' as ExecutionId, 'r1' as RunId];
  const who = { account, generation, execution, run };
  expect(await recordAttempt(ledger(), who, { step: 'outline', number: 1 }, UNAVAILABLE)).toBe(1);
  // The first of this step was lost with its worker: of this step alone.
  expect(await recordAttempt(ledger(), who, { step: 'write', number: 2 }, LIMITED, 429)).toBe(2);
  const { attempts } = (await readGeneration(ledger(), account, generation)) as never as { attempts: object[] };
  expect(attempts).toMatchObject([
    { step: 'outline', number: 1, reason: 'PROVIDER_UNAVAILABLE', providerStatus: null },
    { step: 'write', number: 1, reason: 'WORKER_LOST', providerStatus: null },
    { step: 'write', number: 2, reason: 'PROVIDER_RATE_LIMITED', providerStatus: 429 },
  ]);
  expect(await reasonOfAttempt(ledger(), who, { step: 'write', number: 2 })).toBe('PROVIDER_RATE_LIMITED');
  expect(await reasonOfAttempt(ledger(), who, { step: 'outline', number: 2 })).toBeUndefined();
});
