import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { messageOf } from '../errors.ts';
import { MixingError } from './errors.ts';

/** Where a FreeSWITCH's event socket listens. */
export interface EslPlace {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

export interface Esl {
  readonly api: (command: string) => Promise<string>;
  /** Address of ours that leads to it. */
  readonly ownAddress: string;
}

const deadlineMs = 5000;

export function placeName({ host, port }: Omit<EslPlace, 'secret'>): string {
  return `${host}:${port}`;
}

/** A short conversation over an event socket connection of its own. Throws `MixingError`s that say what to do. */
export async function withEsl<T>(
  place: EslPlace,
  talk: (esl: Esl) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const socket = connect({ host: place.host, port: place.port, noDelay: true });
  const conversation = new Conversation(socket, place);
  const stop = (): void => void socket.destroy();
  const timer = setTimeout(() => conversation.fail(unreachable(place, 'no answer in time')), deadlineMs);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await conversation.authenticate();
    const ownAddress = (socket.localAddress ?? '127.0.0.1').replace(/^::ffff:/, '');
    return await talk({ api: (command) => conversation.api(command), ownAddress });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    socket.destroy();
  }
}

interface Answer {
  readonly type: string;
  readonly reply: string;
  readonly body: string;
}

interface Asker {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: MixingError) => void;
}

/** Questions and answers of the event socket: it answers in the order in which it was asked. */
class Conversation {
  readonly #socket: Socket;
  readonly #place: EslPlace;
  readonly #askers: Asker[] = [];
  /** Its first message, which nobody asked for. */
  readonly #welcome: Promise<Answer>;
  #data = Buffer.alloc(0);
  #error: MixingError | null = null;

  constructor(socket: Socket, place: EslPlace) {
    this.#socket = socket;
    this.#place = place;
    this.#welcome = this.#next();
    socket.on('data', (chunk) => {
      this.#data = Buffer.concat([this.#data, chunk]);
      for (let answer = this.#take(); answer !== null; answer = this.#take())
        this.#askers.shift()?.resolve(answer);
    });
    socket.on('error', (error) => this.fail(unreachable(place, messageOf(error))));
    socket.on('close', () => this.fail(unreachable(place, 'the connection was closed')));
  }

  fail(error: MixingError): void {
    this.#error ??= error;
    for (const { reject } of this.#askers.splice(0)) reject(this.#error);
  }

  async authenticate(): Promise<void> {
    if ((await this.#welcome).type === 'text/rude-rejection') throw addressRefused(this.#place);
    this.#socket.write(`auth ${this.#place.secret}\n\n`);
    if (!(await this.#next()).reply.startsWith('+OK')) throw secretWrong(this.#place);
  }

  async api(command: string): Promise<string> {
    this.#socket.write(`api ${command}\n\n`);
    return (await this.#next()).body;
  }

  #next(): Promise<Answer> {
    if (this.#error) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => this.#askers.push({ resolve, reject }));
  }

  #take(): Answer | null {
    const end = this.#data.indexOf('\n\n');
    if (end < 0) return null;
    const head = this.#data.toString('utf8', 0, end);
    const header = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(head)?.[1] ?? '';
    const bodyEnd = end + 2 + Number(header('Content-Length') || 0);
    if (this.#data.length < bodyEnd) return null;
    const body = this.#data.toString('utf8', end + 2, bodyEnd);
    this.#data = this.#data.subarray(bodyEnd);
    return { type: header('Content-Type'), reply: header('Reply-Text'), body };
  }
}

function unreachable(place: EslPlace, why: string): MixingError {
  return new MixingError(
    'FREESWITCH_UNREACHABLE',
    `Nothing answers as a FreeSWITCH at ${placeName(place)}: ${why}.`,
    'Start FreeSWITCH, and check freeswitch.servers, freeswitch.port and the event socket’s listen-ip.',
  );
}

function secretWrong(place: EslPlace): MixingError {
  return new MixingError(
    'FREESWITCH_SECRET_WRONG',
    `FreeSWITCH at ${placeName(place)} does not take the secret.`,
    'Set freeswitch.secret (FREESWITCH_SECRET) to the password of its event socket.',
  );
}

function addressRefused(place: EslPlace): MixingError {
  return new MixingError(
    'FREESWITCH_ADDRESS_REFUSED',
    `FreeSWITCH at ${placeName(place)} refuses connections from this address.`,
    'Allow this machine in apply-inbound-acl of its event socket (gateway_network in vars.xml).',
  );
}
