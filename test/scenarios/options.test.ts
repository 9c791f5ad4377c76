import { openMakegood } from '../../client/makegood';
import { makegood, newAccount, stackEnv } from '../harness';

// What a program gives the client library, checked when it is given: not when credits are held already.

test.each([
  [{ attempts: 0 }, /tries.attempts/],
  [{ attempts: 2.5 }, /tries.attempts/],
  [{ firstRetryDelay: 15_000 }, /maxRetryDelay: must not be less than firstRetryDelay/],
  [{ maxRetryDelay: 100 }, /maxRetryDelay: must not be less than firstRetryDelay/],
  [{ attemptTimeout: -1 }, /tries.attemptTimeout/],
])('GIVEN the tries %j THEN it is refused at once', (tries, says) => {
  expect(() => openMakegood({ env: stackEnv(), tries })).toThrow(says);
});

test.each([-1, 0.5, Number.NaN])('GIVEN a price of %p THEN it is refused at once', (price) => {
  const prices = { 'email-draft': price };
  expect(() => openMakegood({ env: stackEnv(), prices })).toThrow(/price of email-draft must be a whole number/);
});

test.each([{ limit: 0 }, { limit: -3 }, { limit: 1e9 }, { limit: Number.NaN }, { cursor: 1.5 }, { after: -1 }])(
  'GIVEN the filter %j of a statement THEN it is refused, naming the field',
  async (filter) => {
    const [field] = Object.keys(filter) as [string];
    const read = makegood().usage(await newAccount(), filter);
    await expect(read).rejects.toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining(field) });
  },
);
