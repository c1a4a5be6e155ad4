import type { Port } from './channel.ts';

/** How a process ended. */
export interface Death {
  /** By itself, and not by somebody's kill. */
  readonly crashed: boolean;
  /** What it had in hand, as far as it noted that. */
  readonly lastWords: readonly number[];
  /** In words, where more is known than that it ended. */
  readonly why?: string;
}

/**
 * One process, wherever it runs, as its supervisor reaches it: by messages of JSON. It is not started yet when its
 * line is made; what is sent meanwhile comes first.
 */
export interface ProcessLine {
  /** On its own machine; null: there is none yet. */
  readonly pid: number | null;
  /** A process that is gone, or just dying, loses its messages; its end is told by `onEnd`. */
  send(message: object): void;
  /** Its turn has come: of processes that take turns no other one is left when it gets what is sent from now on. */
  use(): void;
  /** Ends it at once, even one that does nothing any more. */
  kill(): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Once, and in the order of the listeners. */
  onEnd(listener: (death: Death) => void): void;
}

/** Makes a process. */
export type Launch = () => ProcessLine;

export interface LifeOptions {
  /** For log lines and errors. */
  readonly name: string;
  /** Sent as `{start}` once the process is there; for what must not stand in a process list. */
  readonly start?: unknown;
  /** How long the entry may take to send `{ready: …}`. Default 15 s. */
  readonly readyMs?: number;
  /** How long it may take to end after `{close: true}`; then it is killed. Default 4 s. */
  readonly stopMs?: number;
  /**
   * How long nothing may come from it once it is ready; then it is killed. It is asked with `{ping: true}` and has to
   * send something, such as `{pong: true}`. Default 3 s.
   */
  readonly answerMs?: number;
}

export interface RunningChild {
  /** On the machine where it runs. */
  readonly pid: number;
  /** What the entry sent as `ready`. */
  readonly ready: unknown;
  /** All its further messages. */
  readonly port: Port;
}
