import { openMakegood } from 'makegood';
import { emailDraft } from './email-draft';

// node dist/backend.js <account> <id> <to>

async function main(account: string, id: string, to: string): Promise<number> {
  const makegood = openMakegood({ kinds: [emailDraft] });
  try {
    await makegood.start(emailDraft, { account, id, input: { to, goal: 'Welcome them to the beta' } });
    const end = await makegood.result(emailDraft, account, id);
    if (end?.status === 'succeeded') console.log(`${end.output.subject}\n\n${end.output.body}\n`);
    else console.log(end?.message);
    console.log(`Charged ${end?.charged}, given back ${end?.refunded}.`);
    return end?.status === 'succeeded' ? 0 : 1;
  } finally {
    await makegood.close();
  }
}

const [account = 'acme', id = 'welcome-1', to = 'ada@example.com'] = process.argv.slice(2);
main(account, id, to).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 3;
  },
);
