import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import { newNonce, proofOf, spokenWords } from '../../mcu/host/greeting.ts';
import { until } from './until.ts';

/** Somebody who speaks to a media host message by message, right or wrong. */
export class Stranger {
  readonly #socket: WebSocket;
  readonly #got: object[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (data) => this.#got.push(JSON.parse((data as Buffer).toString()) as object));
  }

  static async at({ port }: { readonly port: number }, options: ClientOptions = {}): Promise<Stranger> {
    const stranger = new Stranger(new WebSocket(`ws://127.0.0.1:${port}`, options));
    await once(stranger.#socket, 'open');
    return stranger;
  }

  get isGone(): boolean {
    return this.#socket.readyState === WebSocket.CLOSED;
  }

  /** The next message, waited for. */
  async next(): Promise<object> {
    await until('the media host says something', () => this.#got.length > 0);
    return this.#got.shift() ?? {};
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  raw(data: Buffer | string): void {
    this.#socket.send(data, () => undefined);
  }

  /** Answers the host's hello as a gateway does. */
  greet(
    hello: object,
    {
      secret,
      words = spokenWords(),
      seat = 'seat',
    }: { readonly secret: string; readonly words?: string; readonly seat?: string },
  ): void {
    const hostNonce = (hello as { hello: { nonce: string } }).hello.nonce;
    const greeted = { words, hostNonce, gatewayNonce: newNonce(), seat };
    const proof = proofOf(secret, 'gateway', greeted);
    this.send({ hello: { words, nonce: greeted.gatewayNonce, seat, proof } });
  }

  cut(): void {
    this.#socket.terminate();
  }
}
