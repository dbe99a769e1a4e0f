import { type Logger, pino } from 'pino';

const LEVEL_NAMES: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const CONTEXT = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'err']);

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Logs to stderr: for a person where that is a terminal, else one JSON object a line. */
export function createLogger(level: LogLevel): Logger {
  if (!process.stderr.isTTY) return pino({ level }, pino.destination({ fd: 2, sync: true }));
  return pino({ level, base: null }, { write: (line) => process.stderr.write(`${readableLine(line)}\n`) });
}

/** "12:03:04 warn  membership lost, joining again  reason=..." */
export function readableLine(json: string): string {
  const entry = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const time = new Date(Number(entry['time'])).toTimeString().slice(0, 8);
  const level = (LEVEL_NAMES[Number(entry['level'])] ?? '').padEnd(5);
  const rest = Object.entries(entry)
    .filter(([field]) => !CONTEXT.has(field))
    .map(([field, value]) => `${field}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const error = entry['err'];
  const reason =
    typeof error === 'object' && error !== null && 'message' in error ? [String(error.message)] : [];
  return [time, level, textOf(entry['msg']), ...reason, ...rest].join('  ');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
