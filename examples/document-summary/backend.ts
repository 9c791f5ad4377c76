import { InsufficientCredits, openMakegood } from 'makegood';
import { summary } from './summary';

// node dist/backend.js <account> <id> <url> <pages>

async function main(account: string, id: string, url: string, pages: number): Promise<number> {
  const makegood = openMakegood({ kinds: [summary] });
  try {
    await makegood.start(summary, { account, id, input: { url, pages }, user: 'ada', metadata: { team: 'sales' } });
    const end = await makegood.result(summary, account, id);
    if (end?.status === 'succeeded') console.log(`${end.output.title}\n\n${end.output.body}\n`);
    else console.log(end?.message);
    console.log(`Charged ${end?.charged}, given back ${end?.refunded}.`);
    return end?.status === 'succeeded' ? 0 : 1;
  } catch (error) {
    if (!(error instanceof InsufficientCredits)) throw error;
    console.log(`It takes up to ${error.price} credits, there are ${error.balance}.`);
    return 2;
  } finally {
    await makegood.close();
  }
}

const [account = 'acme', id = 'q3-report', url = 'https://example.com/', pages = '3'] = process.argv.slice(2);
main(account, id, url, Number(pages)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 3;
  },
);
