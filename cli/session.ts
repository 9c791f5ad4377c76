import { type Makegood, openMakegood } from '../client/makegood';
import { environment } from './environment';

/** Runs `work` with a client of whatever the environment names, and closes it. */
export async function withMakegood<T>(work: (makegood: Makegood) => Promise<T>): Promise<T> {
  const makegood = openMakegood({ env: environment() });
  try {
    return await work(makegood);
  } finally {
    await makegood.close();
  }
}
