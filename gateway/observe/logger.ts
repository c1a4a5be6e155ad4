import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Log } from '../ports.ts';

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Lines for people instead of JSON. */
  readonly pretty: boolean;
  readonly out: NodeJS.WritableStream;
}

/** Fields that no log line may carry, whatever a caller of the logger passes. */
const secretFields = ['token', 'pin', 'digits', 'secret', 'apiSecret', 'authorization', 'password'];

/** A logger, and sinks of the same form for the JSON lines of child processes (one each: lines may come in parts). */
export function createLogger(options: LoggerOptions): { log: Log; childSink: () => Writable } {
  const sink = () => (options.pretty ? prettySink(options.out) : passThrough(options.out));
  const logger = pino(
    {
      level: options.level,
      base: {},
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '[hidden]' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: pino.stdSerializers.err },
    },
    sink(),
  );
  return { log: logger, childSink: sink };
}

function passThrough(out: NodeJS.WritableStream): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      out.write(chunk, () => done());
    },
  });
}

/** Turns JSON lines (ours and the child processes’) into lines for people; other lines pass as they are. */
function prettySink(out: NodeJS.WritableStream): Writable {
  let rest = '';
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      const text = lines.filter((line) => line !== '').map(prettyLine);
      if (text.length > 0) out.write(`${text.join('\n')}\n`, () => done());
      else done();
    },
  });
}

function prettyLine(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { level, time, msg, err, ...facts } = entry;
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const shown = Object.entries(facts).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const mark = level === 'info' ? ' ' : String(level).toUpperCase().slice(0, 5);
  const failure =
    err !== null && typeof err === 'object' && 'message' in err ? ` (${String(err.message)})` : '';
  return [clock, mark, String(msg) + failure, shown.length > 0 ? `· ${shown.join(' ')}` : '']
    .join(' ')
    .trimEnd();
}
