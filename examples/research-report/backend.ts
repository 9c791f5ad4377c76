import { openMakegood } from 'makegood';
import { report } from './report';

// node dist/backend.js <account> <id> <topic> <source>...

async function main(account: string, id: string, topic: string, sources: string[]): Promise<number> {
  const makegood = openMakegood({ kinds: [report] });
  try {
    await makegood.start(report, { account, id, input: { topic, sources } });
    const end = await makegood.result(report, account, id);
    if (end?.status === 'succeeded') console.log(`${end.output.title}\n\n${end.output.text}\n`);
    else console.log(end?.message);
    console.log(`Charged ${end?.charged}, given back ${end?.refunded}.`);
    return end?.status === 'succeeded' ? 0 : 1;
  } finally {
    await makegood.close();
  }
}

const [account = 'acme', id = 'report-1', topic = 'tides', ...sources] = process.argv.slice(2);
main(account, id, topic, sources).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 3;
  },
);
