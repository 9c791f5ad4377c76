import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { watch } from '../../dev/reaper';
import { PACKAGE_ROOT } from '../../package-root';

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
 * The package unpacks into the folder for temporary files, and the libraries only where it believes to be on a Lambda:
 * so it does that in a process of its own, which is told so.
 */
async function unpack(folder: string): Promise<{ executablePath: string; libraries: string; fonts: string }> {
  const script = `import('@sparticuz/chromium').then(({ default: chromium }) => chromium.executablePath())`;
  await promisify(execFile)(process.execPath, ['-e', script], {
    cwd: PACKAGE_ROOT,
    env: { HOME: folder, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
  });
  const fonts = join(folder, 'fonts.conf');
  await writeFile(fonts, fontsConf(join(folder, 'fonts')));
  return { executablePath: join(folder, 'chromium'), libraries: join(folder, 'al2023/lib'), fonts };
}

/** The package's own font before those of the machine, so that pages look the same everywhere. */
const fontsConf = (folder: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${folder}</dir>
  <cachedir>${folder}/cache</cachedir>
  <alias binding="strong"><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
  <alias binding="strong"><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
</fontconfig>
`;
