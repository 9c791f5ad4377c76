import { IllegalStateError } from '@temporalio/common';
import { DefaultLogger, type LogLevel, Runtime, type RuntimeOptions } from '@temporalio/worker';
import { REFUND_DELAY } from '../activities/metrics';
import { MakegoodError } from '../errors';
import { wholeNumber } from '../settings';
import { jsonLine, logLine, prettyLine } from './log-line';

type Env = Readonly<Record<string, string | undefined>>;

const FORMATS = { json: jsonLine, pretty: prettyLine, silent: undefined };
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

let installed = false;

/**
 * Sets this process's log and metrics, by MAKEGOOD_LOG, MAKEGOOD_LOG_LEVEL, METRICS_PORT and METRICS_HOST. Once a
 * process, before its first worker: later calls change nothing, nor does one after the program's own. Throws INVALID_SETTING, PORT_TAKEN.
 */
export function installRuntime(env: Env = process.env): void {
  if (installed) return;
  const logger = new DefaultLogger(level(env), write(env));
  const metrics = metricsOptions(env);
  try {
    Runtime.install({
      logger,
      telemetryOptions: {
        // The SDK's core says there why a workflow task has failed: on the same lines as all else.
        logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
        ...(metrics ? { metrics } : {}),
      },
      // Signals belong to the program: the SDK's own handlers would stop the worker before it knows.
      shutdownSignals: [],
    });
  } catch (cause) {
    // The program has installed a runtime of its own, for workers of its own: then that is what it wants.
    if (cause instanceof IllegalStateError) return;
    if (!metrics) throw cause;
    throw new MakegoodError(
      'PORT_TAKEN',
      `The metrics can't be served on ${metrics.prometheus.bindAddress}: ${(cause as Error).message}. Set METRICS_PORT to another port.`,
      {},
      { cause },
    );
  }
  installed = true;
}

function write(env: Env): (entry: Parameters<typeof logLine>[0]) => void {
  const format = FORMATS[choice(env, 'MAKEGOOD_LOG', Object.keys(FORMATS) as (keyof typeof FORMATS)[], 'json')];
  if (!format) return () => {};
  return (entry) => void process.stderr.write(`${format(logLine(entry))}\n`);
}

const level = (env: Env) => choice(env, 'MAKEGOOD_LOG_LEVEL', LEVELS, 'info').toUpperCase() as LogLevel;

/** A refund comes within milliseconds, or with the next sweep; what takes minutes is an outage. */
const REFUND_DELAY_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

function metricsOptions(env: Env) {
  if (!env.METRICS_PORT) return undefined;
  const port = wholeNumber(env, 'METRICS_PORT', 0, 1, 65_535);
  return {
    attachServiceName: false,
    prometheus: {
      // Loopback: metrics tell of customers' money. METRICS_HOST opens them to a scraper on another machine.
      bindAddress: `${env.METRICS_HOST || '127.0.0.1'}:${port}`,
      useSecondsForDurations: true,
      histogramBucketOverrides: { [REFUND_DELAY]: REFUND_DELAY_SECONDS },
    },
  } satisfies NonNullable<RuntimeOptions['telemetryOptions']>['metrics'];
}

function choice<T extends string>(env: Env, name: string, allowed: readonly T[], fallback: T): T {
  const text = env[name] || fallback;
  const found = allowed.find((one) => one === text);
  if (found) return found;
  throw new MakegoodError('INVALID_SETTING', `${name} must be one of ${allowed.join(', ')}, not "${text}".`);
}
