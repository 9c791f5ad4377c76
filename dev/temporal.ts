import { Connection } from '@temporalio/client';
import { MakegoodError } from '../errors';
import { freePort, LOOPBACK } from './ports';
import { startServerProcess, untilReady } from './server-process';

/** The dev server is up in a second; a database file of a killed one may take longer to recover. */
const READY_MS = 30_000;
const NAMESPACE = 'default';

/** What the Web UI can filter by. A real cluster gets them from the worker at its start. */
const SEARCH_ATTRIBUTES = ['MakegoodAccount', 'MakegoodOutcome', 'MakegoodRefundReason'];

/**
 * The dev server has one shard, whose queues it polls at most 20 times a second: 50 ms more for every dispatch.
 * Without that limit a generation takes a third of the time. And it reads timers a second ahead, in case the clocks of a
 * cluster's hosts differ: a timer that is set for sooner than that (a retry, a heartbeat's time-out) waits the second
 * out. One process has one clock.
 */
const FAST_DISPATCH = [
  'history.transferProcessorMaxPollRPS=10000',
  'history.timerProcessorMaxPollRPS=10000',
  'history.timerProcessorMaxTimeShift="10ms"',
];

/**
 * A closed workflow is deleted only when its queue's progress past the closing is written down: every 30 s. Who deletes
 * one here, to see what becomes of its money, should not wait for that.
 */
const FAST_DELETION = ['history.transferProcessorUpdateAckInterval="1s"'];

export interface EmbeddedTemporal {
  readonly address: string;
  readonly uiUrl: string;
  readonly namespace: string;
  stop(): Promise<void>;
}

export interface TemporalOptions {
  /** The Temporal CLI, from `temporalBinary`. */
  readonly binary: string;
  /** Default: any that is free. Throws PORT_TAKEN, as `uiPort` does. */
  readonly port?: number | undefined;
  readonly uiPort?: number | undefined;
  /** Where its Web UI has payloads decoded. */
  readonly codecEndpoint?: string | undefined;
  /** Keeps the workflows over restarts. Default: in memory. */
  readonly dbFile?: string | undefined;
  /** False starts it with the defaults of its queues, which the benchmark compares with. */
  readonly flags?: boolean | undefined;
  readonly onLog?: ((text: string) => void) | undefined;
}

/** Starts a Temporal dev server with its Web UI, on loopback only. Ready means that its namespace answers. */
export async function startTemporal(options: TemporalOptions): Promise<EmbeddedTemporal> {
  const asked = (port: number | undefined, setting: string) => (port === undefined ? undefined : { port, setting });
  const port = await freePort(asked(options.port, 'MAKEGOOD_TEMPORAL_PORT'));
  const uiPort = await freePort(asked(options.uiPort, 'MAKEGOOD_TEMPORAL_UI_PORT'));
  const address = `${LOOPBACK}:${port}`;

  const server = startServerProcess({
    command: options.binary,
    args: [
      ...['server', 'start-dev', '--headless=false', '--log-level', 'warn', '--ui-disable-news-fetch'],
      ...['--ip', LOOPBACK, '--port', String(port), '--ui-ip', LOOPBACK, '--ui-port', String(uiPort)],
      ...['--http-port', String(await freePort()), '--metrics-port', String(await freePort())],
      ...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
      ...(options.flags === false
        ? []
        : [...FAST_DISPATCH, ...FAST_DELETION].flatMap((value) => ['--dynamic-config-value', value])),
      ...(options.codecEndpoint === undefined ? [] : ['--ui-codec-endpoint', options.codecEndpoint]),
      ...(options.dbFile === undefined ? [] : ['--db-filename', options.dbFile]),
    ],
    stopSignal: 'SIGTERM',
    onLog: options.onLog,
  });
  try {
    await untilReady(server, READY_MS, () => answers(address));
  } catch (cause) {
    await server.stop('SIGKILL');
    const reason = server.lastOutput().split('\n').at(-1) || String(cause);
    throw new MakegoodError('TEMPORAL_UNREACHABLE', `The Temporal dev server did not start: ${reason}`, {}, { cause });
  }
  return { address, uiUrl: `http://${LOOPBACK}:${uiPort}`, namespace: NAMESPACE, stop: () => server.stop() };
}

async function answers(address: string): Promise<void> {
  // One second: a connection made too early is better made again than waited for.
  const connection = await Connection.connect({ address, connectTimeout: 1_000 });
  try {
    await connection.workflowService.describeNamespace({ namespace: NAMESPACE });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: NAMESPACE });
    const missing = SEARCH_ATTRIBUTES.filter((name) => customAttributes?.[name] === undefined);
    if (missing.length > 0) throw new Error(`search attributes not there yet: ${missing}`);
  } finally {
    await connection.close();
  }
}
