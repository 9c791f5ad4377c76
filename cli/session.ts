import { type Makegood, openMakegood } from '../client/makegood';
import { readConfig } from './config';
import { environment } from './environment';

/** Runs `work` with a client of whatever the environment and the configuration name, and closes it. */
export async function withMakegood<T>(work: (makegood: Makegood) => Promise<T>): Promise<T> {
  const env = environment();
  const makegood = openMakegood({ ...(await readConfig(env)), env });
  try {
    return await work(makegood);
  } finally {
    await makegood.close();
  }
}
