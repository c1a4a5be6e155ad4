import type { Log } from '../../mcu/ports.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly facts: object;
  readonly sentence: string;
}

/** A log that says nothing; with `lines` it keeps what it was told. */
export function quietLog(lines: LogLine[] = []): Log {
  const keep =
    (level: LogLine['level']) =>
    (facts: object, sentence: string): void => {
      lines.push({ level, facts, sentence });
    };
  const log: Log = {
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    child: () => log,
  };
  return log;
}
