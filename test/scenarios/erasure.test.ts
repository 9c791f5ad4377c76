import { randomUUID } from 'node:crypto';
import { makegood, ownQueue, until } from '../harness';
import { proves } from '../harness/chain';
import { resetTo } from '../harness/operators';
import { wordsInPostgres, wordsInTemporal } from '../harness/words';

const word = () => randomUUID().replaceAll('-', '').slice(0, 12);

/** A customer with all that there can be: delivered, refunded, tried again, reset, turned away; and the words it was about. */
async function customer() {
  const [name, goal, person, reason] = [word(), word(), word(), word()];
  const account = `acme-${name}@example.com`;
  const generate = (behaviour: string, id: string) =>
    makegood().start({
      ...{ account, id: `${id}-for-${person}`, kind: 'email-draft' },
      input: { to: `${behaviour}+${person}@sandbox.test`, goal: `Ask about ${goal}` },
    });
  const ends = (id: string) => makegood().result(account, `${id}-for-${person}`);
  await makegood().grant({ account, credits: 3, key: `invoice-${reason}`, reason: `Invoice ${reason}` });
  await makegood().adjust({ account, credits: -1, key: `less-${reason}`, reason: `Less ${reason}` });
  await generate('refused', 'failed');
  await ends('failed');
  await makegood().retry(account, `failed-for-${person}`);
  await ends('failed');
  await generate('ok', 'delivered');
  const delivered = await ends('delivered');
  await generate('ok', 'reset');
  await ends('reset');
  await resetTo(makegood(), `makegood/${account}/reset-for-${person}`);
  await ends('reset');
  const subject = delivered?.status === 'succeeded' ? (delivered.output as { subject: string }).subject : '';
  expect(subject).not.toBe('');
  return { account, name, person, generate, texts: [goal, reason, `${person}@sandbox.test`], ids: [name, person] };
}

test('GIVEN a customer WHEN the account is erased with its ids THEN no word of it is in the database, nor in Temporal', async () => {
  const since = new Date();
  const { account, texts, ids } = await customer();
  const words = [...texts, ...ids];
  expect(await wordsInPostgres(words)).toEqual(expect.arrayContaining([texts[1], texts[2], ...ids]));
  // Temporal knows nothing of grants.
  const inTemporal = words.filter((one) => one !== texts[1]);
  await until('all to be listed', async () => (await wordsInTemporal(makegood(), words, since)).length === 4);
  expect(await wordsInTemporal(makegood(), words, since)).toEqual(inTemporal);

  const erased = await makegood().erase({ account, pseudonymise: true });
  expect(erased).toMatchObject({ account: expect.stringMatching(/^erased-/), generation: null, generations: 3 });
  // Two starts of the one, one of the other, two runs of the third.
  expect(erased.histories).toBe(5);
  expect(await wordsInPostgres(words)).toEqual([]);
  await until('Temporal to have deleted them', async () => {
    return (await wordsInTemporal(makegood(), words, since)).length === 0;
  });
  expect(await proves(erased.account)).toBe(true);
  expect(await makegood().balance(erased.account)).toMatchObject({ balance: 0, held: 0 });
  // By its old id there is none any more.
  await expect(makegood().balance(account)).rejects.toMatchObject({ code: 'UNKNOWN_ACCOUNT' });
});

test('GIVEN a customer WHEN one generation is erased THEN its words are gone, its money stays, and it is not started again', async () => {
  const since = new Date();
  const { account, person, generate, texts } = await customer();
  const id = `delivered-for-${person}`;
  const workflow = `makegood/${account}/${id}`;
  const before = await makegood().usage(account);
  const erased = await makegood().erase({ account, generation: id });
  expect(erased).toEqual({ account, generation: id, generations: 1, histories: 1 });
  await until(
    'its history to be gone',
    async () => (await makegood().describe(account, id)).workflow.status === 'GONE',
  );
  expect(await wordsInTemporal(makegood(), [workflow], since)).toEqual([]);

  const known = await makegood().describe(account, id);
  expect(known).toMatchObject({ charged: 1, refunded: 0, end: { status: 'succeeded', output: null } });
  expect(known.record).toMatchObject({ label: null, output: null, inputHash: null, erasedAt: expect.any(Date) });
  const after = await makegood().usage(account);
  const plain = ({ label, ...entry }: (typeof after.entries)[number]) => entry;
  expect(after.entries.map(plain)).toEqual(before.entries.map(plain));
  expect(after.entries.filter(({ generation }) => generation === id).map(({ label }) => label)).toEqual([null, null]);
  // The others are as they were.
  expect(await wordsInPostgres(texts)).toEqual(expect.arrayContaining([texts[2]]));

  await expect(generate('ok', 'delivered')).rejects.toMatchObject({ code: 'GENERATION_ERASED' });
  await expect(makegood().retry(account, id)).rejects.toMatchObject({ code: 'GENERATION_ERASED' });
  expect(await makegood().usage(account)).toEqual(after);
  // Twice is once.
  expect(await makegood().erase({ account, generation: id })).toMatchObject({ generations: 1 });
});

test.each(['it', 'its account'])(
  'GIVEN one that was turned away WHEN %s is erased THEN the history that it has left is gone',
  async (which) => {
    const { makegood: product, startWorker } = ownQueue();
    const account = `t-${randomUUID()}`;
    await product.grant({ account, credits: 1 });
    // Two that wait for a worker, and credits for one: the ledger never hears of the other.
    const input = { to: `ok+${word()}@sandbox.test`, goal: 'Say hello' };
    for (const id of ['a', 'b']) await product.submit({ account, id, kind: 'email-draft', input });
    await startWorker();
    const ends = await Promise.all(['a', 'b'].map((id) => product.result(account, id)));
    const short = ends.find((end) => end?.status === 'rejected')?.id as string;
    if (which === 'it') {
      expect(await product.erase({ account, generation: short })).toMatchObject({ generations: 0, histories: 1 });
    } else {
      // The ledger knows of the other alone: Temporal lists both.
      const since = new Date(Date.now() - 60_000);
      const listed = [`makegood/${account}/a`, `makegood/${account}/b`];
      await until('both to be listed', async () => (await wordsInTemporal(product, listed, since)).length === 2);
      expect(await product.erase({ account })).toMatchObject({ generations: 1, histories: 2 });
    }
    await until('its history to be gone', () =>
      product.describe(account, short).then(
        () => false,
        ({ code }) => code === 'UNKNOWN_GENERATION',
      ),
    );
  },
);

test('GIVEN work under way WHEN it or its account is erased THEN it says to cancel first, and erases nothing', async () => {
  const account = `t-${randomUUID()}`;
  await makegood().grant({ account, credits: 2, reason: 'For Ada' });
  const to = `hang+${word()}@sandbox.test`;
  const { id } = await makegood().start({ account, kind: 'email-draft', input: { to, goal: 'Say hello' } });
  const refused = {
    code: 'NOT_ENDED',
    details: { generation: id },
    message: expect.stringContaining('Cancel it first'),
  };
  await expect(makegood().erase({ account, generation: id })).rejects.toMatchObject(refused);
  await expect(makegood().erase({ account })).rejects.toMatchObject(refused);
  expect((await makegood().describe(account, id)).record).toMatchObject({ erasedAt: null, label: expect.any(String) });
  await makegood().cancel(account, id);
  await makegood().result(account, id);
  expect(await makegood().erase({ account })).toMatchObject({ generations: 1, histories: 1 });
  const input = { to, goal: 'Say hello' };
  await expect(makegood().start({ account, kind: 'email-draft', input })).rejects.toMatchObject({
    code: 'ACCOUNT_ERASED',
  });
  await expect(makegood().grant({ account, credits: 1 })).rejects.toMatchObject({ code: 'ACCOUNT_ERASED' });
  await expect(makegood().adjust({ account, credits: 1, key: 'k', reason: 'r' })).rejects.toMatchObject({
    code: 'ACCOUNT_ERASED',
  });
});

test('GIVEN no such account or generation WHEN it is erased THEN it says so', async () => {
  await expect(makegood().erase({ account: 'nobody-at-all' })).rejects.toMatchObject({ code: 'UNKNOWN_ACCOUNT' });
  const account = `t-${randomUUID()}`;
  await makegood().grant({ account, credits: 1 });
  const none = makegood().erase({ account, generation: 'none' });
  await expect(none).rejects.toMatchObject({ code: 'UNKNOWN_GENERATION' });
});
