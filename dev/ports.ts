import { createServer } from 'node:net';
import { MakegoodError } from '../errors';

export const LOOPBACK = '127.0.0.1';

/** A port that a setting asked for: the name is for the error that says it is taken. */
export interface AskedPort {
  readonly port: number;
  readonly setting: string;
}

/** The port that a variable names, or nothing when it is not set. Throws INVALID_SETTING. */
export function portSetting(env: NodeJS.ProcessEnv, setting: string): AskedPort | undefined {
  const text = env[setting];
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return { port, setting };
  throw new MakegoodError('INVALID_SETTING', `${setting} must be a port from 1 to 65535, not "${text}".`, { setting });
}

/** The port asked for, if it is free (else PORT_TAKEN, naming the setting), or any free one. */
export async function freePort(asked?: AskedPort): Promise<number> {
  if (asked === undefined) {
    const { default: getPort } = await import('get-port');
    return getPort({ host: LOOPBACK });
  }
  // Not get-port: it goes on to another port when this one is taken, or was handed out by itself a moment ago.
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => reject(portTaken(asked, error)));
    probe.listen(asked.port, LOOPBACK, () => probe.close(() => resolve()));
  });
  return asked.port;
}

/** The error for a port on which we may not listen. */
export function portTaken({ port, setting }: AskedPort, cause: unknown): MakegoodError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const why = code === 'EACCES' ? 'may not be used by this user' : 'is taken';
  return new MakegoodError(
    'PORT_TAKEN',
    `Port ${port} ${why}. Set ${setting} to another one, or unset it to use any free port.`,
    { port, setting },
    { cause },
  );
}
