import { ActivityFailure, ApplicationFailure, TemporalFailure } from '@temporalio/common';
import type { LogEntry } from '@temporalio/worker';
import { MakegoodError } from '../errors';
import { idsOf } from '../temporal/workflow-id';

/** One line of the log: of a generation, always with its account, generation and run, and its attempt if it is of one. */
export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Said of every line by the SDK, and of no use to a reader of ours. */
const DROPPED = new Set([
  'taskToken',
  'namespace',
  'taskQueue',
  'sdkComponent',
  'isLocal',
  'activityId',
  'workflowType',
]);

/** The SDK's core tells of a failed workflow task all that it knows, in one field. */
const FIELD_LENGTH = 500;

/** What the SDK or we have said, in our words: one name for each thing, an error as short as it can be acted on. */
export function logLine({ message, level, timestampNanos, meta = {} }: LogEntry): LogLine {
  const { workflowId, workflowRunId, runId, attempt, activityType, error, ...rest } = meta as Record<string, unknown>;
  const ids = typeof workflowId === 'string' ? (idsOf(workflowId) ?? { workflow: workflowId }) : {};
  return {
    time: new Date(Number(timestampNanos / 1_000_000n)).toISOString(),
    level: level.toLowerCase(),
    msg: message,
    ...ids,
    ...defined({ run: workflowRunId ?? runId, activity: activityType, attempt }),
    ...Object.fromEntries(
      Object.entries(rest)
        .filter(([name]) => !DROPPED.has(name))
        .map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, FIELD_LENGTH) : value]),
    ),
    ...(error === undefined ? {} : errorFields(error)),
  };
}

/**
 * A failure that the code foresees (all that cross a workflow's boundary, and our typed errors) says what happened in
 * its message; where in the code it was thrown helps nobody. Any other error is a fault, and brings its stack.
 */
export function errorFields(error: unknown): { error: string; cause?: string; stack?: string } {
  if (!(error instanceof Error)) return { error: String(error) };
  if (error instanceof ActivityFailure && error.cause) return errorFields(error.cause);
  const said = sentence(error);
  if (!isForeseen(error)) return { error: said, ...(error.stack === undefined ? {} : { stack: error.stack }) };
  const { cause } = error;
  return {
    error: said,
    ...(cause instanceof Error && cause.message !== error.message ? { cause: sentence(cause) } : {}),
  };
}

/** What a workflow logs has been copied out of its thread: a failure of Temporal's is then known by its stack's first word. */
const COPIED = /^(\w+Failure): /;

const isForeseen = (error: Error) =>
  error instanceof TemporalFailure || error instanceof MakegoodError || COPIED.test(error.stack ?? '');

function sentence(error: Error): string {
  const code =
    error instanceof ApplicationFailure ? error.type : error instanceof MakegoodError ? error.code : undefined;
  return `${code ?? COPIED.exec(error.stack ?? '')?.[1] ?? error.name}: ${error.message}`;
}

export const jsonLine = (line: LogLine): string => JSON.stringify(line, exact);

/** For a terminal: time, level and message, then the fields. */
export function prettyLine({ time, level, msg, stack, ...fields }: LogLine): string {
  const words = Object.entries(fields).map(([name, value]) => `${name}=${word(value)}`);
  const head = `${time.slice(11, 19)} ${level.toUpperCase().padEnd(5)} ${[msg, ...words].join(' ')}`;
  return typeof stack === 'string' ? `${head}\n${stack}` : head;
}

const word = (value: unknown) =>
  typeof value === 'string' && !/[\s"]/.test(value) ? value : JSON.stringify(value, exact);
const exact = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
const defined = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
