import pino, { type Logger } from 'pino';

/** One JSON object a line on stderr, in the words of the worker's log: `time`, `level`, `msg`. */
export const serverLog = (level: string): Logger =>
  pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (word) => ({ level: word }) } },
    pino.destination(2),
  );
