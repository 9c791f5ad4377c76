import { parseArgs } from 'node:util';
import { compare } from './compare';
import { openEnvironment } from './environment';
import { soak } from './soak';

const HELP = `npm run chaos                                  how fast Makegood recovers, beside a plain saga: three tables
npm run chaos -- --minutes N [--seed S]        breaks everything at random for N minutes, then checks the ledger`;

/** Exit code 1 when credits were held, lost or charged wrongly, or a target was missed. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { minutes: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) return console.log(HELP);
  const minutes = number(values.minutes, '--minutes');
  const seed = number(values.seed, '--seed') ?? Math.floor(Math.random() * 1_000_000);

  const environment = await openEnvironment();
  let ending: Promise<void> | undefined;
  const end = () => {
    ending ??= environment.close();
    return ending;
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void end().finally(() => process.exit(130)));
  }
  try {
    const good = minutes === undefined ? await compare(environment) : await soak(environment, minutes * 60_000, seed);
    process.exitCode = good ? 0 : 1;
  } finally {
    await end();
  }
}

function number(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`${flag} must be a number, not "${text}"`);
  return value;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
