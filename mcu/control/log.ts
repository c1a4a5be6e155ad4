import type { Log } from '../ports.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';
const rank = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 } as const;

export interface LogLine {
  readonly level: Level;
  readonly facts: Record<string, unknown>;
  readonly sentence: string;
}

/**
 * A child's log: its lines go over the control channel to whoever owns the process, so that one logger
 * formats everything and levels are set in one place.
 */
export class RelayedLog implements Log {
  readonly #level: keyof typeof rank;
  readonly #facts: Record<string, unknown>;
  readonly #send: (line: LogLine) => void;

  constructor(level: keyof typeof rank, send: (line: LogLine) => void, facts: Record<string, unknown> = {}) {
    this.#level = level;
    this.#send = send;
    this.#facts = facts;
  }

  debug(facts: object, sentence: string): void {
    this.#write('debug', facts, sentence);
  }
  info(facts: object, sentence: string): void {
    this.#write('info', facts, sentence);
  }
  warn(facts: object, sentence: string): void {
    this.#write('warn', facts, sentence);
  }
  error(facts: object, sentence: string): void {
    this.#write('error', facts, sentence);
  }
  child(facts: Record<string, unknown>): Log {
    return new RelayedLog(this.#level, this.#send, { ...this.#facts, ...facts });
  }

  #write(level: Level, facts: object, sentence: string): void {
    if (rank[level] < rank[this.#level]) return;
    this.#send({ level, facts: { ...this.#facts, ...facts }, sentence });
  }
}

/** Hands a relayed line to the owner's logger. */
export function relay(log: Log, line: LogLine): void {
  log[line.level](line.facts, line.sentence);
}
