import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { watch } from '../../dev/undertaker';

// A Chromium from the development dependencies alone, so that nothing need be installed on the machine.

/** Nothing but our own server is ever asked for. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface TestBrowser {
  readonly browser: Browser;
  /** A fresh profile: no cookies of any other. */
  profile(options?: BrowserContextOptions): Promise<BrowserContext>;
  close(): Promise<void>;
}

/** Unpacks Chromium and the libraries that it needs into a folder of its own, and starts it. */
export async function startBrowser(): Promise<TestBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'makegood-browser-'));
  const release = watch({ path: folder });
  const remove = async () => {
    await rm(folder, { recursive: true, force: true });
    release();
  };
  try {
    const { executablePath, libraries, fonts } = await unpack(folder);
    const browser = await chromium.launch({
      executablePath,
      args: FLAGS,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: folder,
        TMPDIR: folder,
        LD_LIBRARY_PATH: libraries,
        FONTCONFIG_PATH: fonts,
      },
    });
    return {
      browser,
      profile: (options) => browser.newContext({ timezoneId: 'UTC', locale: 'en-US', ...options }),
      async close() {
        await browser.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * The package unpacks into the folder for temporary files and takes what it finds there for its own, so for the moment
 * that folder is ours. It unpacks the libraries only where it believes to be on a Lambda, so for the moment it is.
 */
async function unpack(folder: string): Promise<{ executablePath: string; libraries: string; fonts: string }> {
  const { default: packed } = await import('@sparticuz/chromium');
  const executablePath = await withEnv({ TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' }, () =>
    packed.executablePath(),
  );
  return { executablePath, libraries: join(folder, 'al2023/lib'), fonts: join(folder, 'fonts') };
}

async function withEnv<T>(values: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  try {
    return await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
