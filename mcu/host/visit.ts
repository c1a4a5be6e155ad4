import type { WebSocket } from 'ws';
import { messageOf } from '../errors.ts';
import type { Log } from '../ports.ts';
import type { Death, Launch, ProcessLine } from '../control/line.ts';
import { Watchdog } from '../control/watchdog.ts';
import { messageIn } from './greeting.ts';
import type { Seats } from './seats.ts';

export interface VisitOptions {
  readonly seat: string;
  readonly launch: Launch;
  readonly start: (wanted: unknown) => Promise<object>;
  readonly seats: Seats<Visit>;
  readonly log: Log;
  /** How long nothing may come from the gateway, ms. */
  readonly answerMs: number;
}

/** How long a process may take to end when the host does. */
const stopMs = 4000;

/** RFC 6455 §7.4.1 */
const unsupported = 1003;
const done = 1000;

/** A gateway's connection that has proved itself, and the one media node that is run for it. */
export class Visit {
  /** Resolves when the connection is closed and the process gone. */
  readonly over: Promise<void>;
  readonly #socket: WebSocket;
  readonly #options: VisitOptions;
  readonly #watchdog: Watchdog;
  #line: ProcessLine | null = null;
  /** What waits until the process before it is gone; null: nothing has to. */
  #held: object[] | null = null;
  #closed = false;
  /** Why the process was not started as the gateway wants it. */
  #fault: string | undefined;
  #isOver: () => void = () => undefined;

  constructor(socket: WebSocket, options: VisitOptions) {
    this.#socket = socket;
    this.#options = options;
    this.over = new Promise((resolve) => {
      this.#isOver = resolve;
    });
    // A gateway that lost its network closes nothing; what it has here would hold ports and be heard in rooms.
    this.#watchdog = new Watchdog({
      answerMs: options.answerMs,
      ask: () => socket.ping(),
      onHung: () => {
        options.log.warn({}, 'gateway did not answer any more');
        socket.terminate();
      },
    });
    socket.on('pong', () => this.#watchdog.heard());
    socket.on('message', (data, isBinary) => {
      this.#watchdog.heard();
      const message = messageIn(data, isBinary);
      if (message) this.#obey(message);
      else this.#drop('what it sent is no message');
    });
    socket.on('close', () => this.#disconnected());
  }

  /** At once: another process's turn has come. */
  end(): Promise<void> {
    if (this.#line) this.#line.kill();
    else this.#socket.terminate();
    return this.over;
  }

  /** Gently: the host ends. */
  async leave(): Promise<void> {
    if (!this.#line) return this.end();
    this.#line.send({ close: true });
    const timer = setTimeout(() => void this.end(), stopMs);
    await this.over;
    clearTimeout(timer);
  }

  #obey(message: object): void {
    const line = this.#line;
    if ('start' in message) {
      if (line) this.#drop('it started a second process');
      else this.#start(message.start);
    } else if ('kill' in message) void this.end();
    else if (!line) this.#drop('it spoke before it started a process');
    else if ('use' in message) this.#takeTurn(line);
    else if (this.#held) this.#held.push(message);
    else line.send(message);
  }

  #start(wanted: unknown): void {
    const { launch, start, log } = this.#options;
    const line = launch();
    this.#line = line;
    line.onMessage((message) => this.#tell(message));
    line.onEnd((death) => this.#ended(line, death));
    log.info({ pid: line.pid }, 'media node is started');
    this.#tell({ started: { pid: line.pid ?? 0 } });
    start(wanted).then(
      (whole) => line.send({ start: whole }),
      (error: unknown) => {
        this.#fault = messageOf(error);
        log.error({ error: this.#fault }, 'media node can not be started as the gateway wants it');
        line.kill();
      },
    );
  }

  /** Ports that the one before it has must be free when this one wants them. */
  #takeTurn(line: ProcessLine): void {
    const before = this.#options.seats.take(this.#options.seat, this);
    if (!before) return;
    const held: object[] = [];
    this.#held = held;
    void before.end().then(() => {
      this.#held = null;
      for (const message of held) line.send(message);
    });
  }

  #ended(line: ProcessLine, { crashed, why = this.#fault }: Death): void {
    this.#options.log.info({ pid: line.pid, crashed }, 'media node has ended');
    this.#line = null;
    this.#tell({ ended: { crashed, ...(why !== undefined && { why }) } });
    this.#socket.close(done);
    if (this.#closed) this.#finish();
  }

  #disconnected(): void {
    this.#closed = true;
    this.#watchdog.stop();
    if (this.#line) this.#line.kill();
    else this.#finish();
  }

  #finish(): void {
    this.#options.seats.leave(this.#options.seat, this);
    this.#isOver();
  }

  #drop(why: string): void {
    this.#options.log.warn({ why }, 'gateway is sent away');
    this.#socket.close(unsupported, why);
  }

  #tell(message: unknown): void {
    this.#socket.send(JSON.stringify(message), () => undefined);
  }
}
