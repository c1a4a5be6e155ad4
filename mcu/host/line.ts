import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { isPublic } from '../addresses.ts';
import type { Death, Launch, ProcessLine } from '../control/line.ts';
import { hostAnswer, hostHello, isProof, messageIn, newNonce, proofOf, spokenWords } from './greeting.ts';
import type { gatewayHello, Greeted } from './greeting.ts';

/** A media host as a gateway knows it. */
export interface HostPlace {
  /** `ws://10.0.0.5:9030`, `wss://media.example:9030` */
  readonly url: string;
  readonly secret: string;
  /** PEM of the authorities of its certificate; null: those that Node.js brings. */
  readonly ca: string | null;
  /** Whether an unencrypted connection may lead to a public address. */
  readonly plainAnywhere: boolean;
}

const connectMs = 4000;
/** From the connection to the welcome; whoever has a wrong secret waits a second for the answer. */
const greetMs = 4000;
/** How long a kill may take to be told; then the connection is cut, which ends the process as well. */
const killMs = 1000;
/** A room of thousands is one message. */
const longestMessage = 64 * 1024 * 1024;

const started = z.strictObject({ started: z.strictObject({ pid: z.int() }) });
const ended = z.strictObject({ ended: z.strictObject({ crashed: z.boolean(), why: z.string().optional() }) });

/** Media nodes on another machine; `seat` names those that take turns. */
export function hostedBy(place: HostPlace, seat: string): Launch {
  return () => new HostLine(place, seat);
}

/** As logs and the API call a media host. */
export function hostName({ url }: HostPlace): string {
  return new URL(url).host;
}

/**
 * One process on a media host: a WebSocket of its own. A connection that breaks counts as the process's death, since
 * the host ends it then.
 */
export class HostLine implements ProcessLine {
  /** Resolves when both have proved themselves; rejects, with what to do, when that fails. */
  readonly welcomed: Promise<void>;
  readonly #place: HostPlace;
  readonly #seat: string;
  readonly #socket: WebSocket;
  readonly #listeners: ((message: unknown) => void)[] = [];
  readonly #endListeners: ((death: Death) => void)[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #greeted: Greeted | null = null;
  /** What was said before the welcome; null: it goes out at once. */
  #early: object[] | null = [];
  #pid: number | null = null;
  #over = false;
  #settle: (why: string | null) => void = () => undefined;

  constructor(place: HostPlace, seat: string) {
    this.#place = place;
    this.#seat = seat;
    this.welcomed = new Promise((resolve, reject) => {
      this.#settle = (why) => (why === null ? resolve() : reject(new Error(why)));
    });
    this.welcomed.catch(() => undefined);
    const { url, ca } = place;
    this.#socket = new WebSocket(url, {
      handshakeTimeout: connectMs,
      maxPayload: longestMessage,
      perMessageDeflate: false,
      followRedirects: false,
      ...(ca !== null && { ca }),
    });
    this.#socket.on('upgrade', (response) => this.#checkAddress(response));
    this.#socket.on('open', () => {
      this.#timers.push(
        setTimeout(() => this.#end(this.#is('does not answer as a media host does')), greetMs),
      );
    });
    this.#socket.on('unexpected-response', (_request, { statusCode }) =>
      this.#end(statusCode === 503 ? this.#is('has too many unfinished connections') : this.#isNone()),
    );
    this.#socket.on('message', (data, isBinary) => this.#receive(messageIn(data, isBinary)));
    this.#socket.on('error', (error) => this.#end(this.#wordsFor(error)));
    this.#socket.on('close', () => this.#end(this.#is('closed the connection')));
  }

  get pid(): number | null {
    return this.#pid;
  }

  send(message: object): void {
    if (this.#over) return;
    if (this.#early) this.#early.push(message);
    else this.#socket.send(JSON.stringify(message), () => undefined);
  }

  use(): void {
    this.send({ use: true });
  }

  kill(): void {
    if (this.#early) {
      this.#end('was not waited for');
      return;
    }
    this.send({ kill: true });
    this.#timers.push(setTimeout(() => this.#end('was killed'), killMs));
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listeners.push(listener);
  }

  onEnd(listener: (death: Death) => void): void {
    this.#endListeners.push(listener);
  }

  #checkAddress({ socket }: IncomingMessage): void {
    const address = socket.remoteAddress ?? '';
    if (this.#place.url.startsWith('wss:') || this.#place.plainAnywhere || !isPublic(address)) return;
    this.#end(
      this.#is(
        `is at ${address}, a public address, and calls’ keys would go there unencrypted: write wss:// and give it a certificate`,
      ),
    );
  }

  #receive(message: object | null): void {
    if (this.#over) return;
    if (message === null) {
      this.#end(this.#isNone());
      return;
    }
    if (this.#early) {
      this.#greet(message, this.#early);
      return;
    }
    const birth = started.safeParse(message);
    const end = ended.safeParse(message);
    if (birth.success) this.#pid = birth.data.started.pid;
    else if (end.success) this.#ended(end.data.ended);
    else for (const listener of this.#listeners) listener(message);
  }

  #ended({ crashed, why }: z.output<typeof ended>['ended']): void {
    this.#end(why ?? `it ended; the log of the media host at ${hostName(this.#place)} says more`, crashed);
  }

  #greet(message: object, early: readonly object[]): void {
    if (!this.#greeted) {
      const hello = hostHello.safeParse(message).data?.hello;
      if (hello) this.#answer(hello);
      else this.#end(this.#isNone());
      return;
    }
    const answer = hostAnswer.safeParse(message).data;
    if (!answer) this.#end(this.#isNone());
    else if ('refused' in answer) this.#end(this.#refusal(answer.refused));
    else if (!isProof(answer.welcome.proof, proofOf(this.#place.secret, 'host', this.#greeted)))
      this.#end(this.#refusal('secret'));
    else {
      for (const timer of this.#timers.splice(0)) clearTimeout(timer);
      this.#early = null;
      this.#settle(null);
      for (const one of early) this.send(one);
    }
  }

  #answer(hello: z.output<typeof hostHello>['hello']): void {
    const words = spokenWords();
    const greeted = { words, hostNonce: hello.nonce, gatewayNonce: newNonce(), seat: this.#seat };
    this.#greeted = greeted;
    const proof = proofOf(this.#place.secret, 'gateway', greeted);
    const answer: z.input<typeof gatewayHello> = {
      hello: { words, nonce: greeted.gatewayNonce, seat: this.#seat, proof },
    };
    this.#socket.send(JSON.stringify(answer), () => undefined);
  }

  #refusal(why: 'secret' | 'words'): string {
    return this.#is(
      why === 'secret'
        ? 'has another secret: set the same MEDIA_HOST_SECRET there and here (mediaHost.secret)'
        : 'is of another version: bring the media host and the gateway to the same one',
    );
  }

  #wordsFor(error: Error): string {
    const code = 'code' in error ? error.code : undefined;
    if (code === 'ECONNREFUSED') return this.#is('does not run, or listens elsewhere');
    if (error.message.includes('handshake has timed out')) return this.#is('does not answer');
    return this.#is(`can’t be reached: ${error.message}`);
  }

  #isNone(): string {
    return this.#is('is no media host, to judge by what it says');
  }

  #is(what: string): string {
    return `the media host at ${hostName(this.#place)} ${what}`;
  }

  #end(why: string, crashed = false): void {
    if (this.#over) return;
    this.#over = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#settle(why);
    this.#socket.terminate();
    for (const listener of this.#endListeners) listener({ crashed, lastWords: [], why });
  }
}
