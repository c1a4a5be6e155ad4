import { contentType } from './constants.ts';
import { fragmentOf, handshakeHeaderBytes } from './reassembly.ts';
import type { HandshakeMessage } from './reassembly.ts';
import { recordHeaderBytes } from './records.ts';
import type { RecordLayer } from './records.ts';

/** What goes through every path, tunnels included (RFC 6347 §4.1.1.1). */
const longestDatagram = 1200;
/** What a record of epoch 1 adds. */
const protectionBytes = 24;
/** RFC 6347 §4.2.4.1 allows less than its second where people wait; it doubles each time. */
const firstWaitMs = 400;
const longestWaitMs = 6400;
/** A peer that repeats itself asks for our flight again; not more often than this. */
const leastResendMs = 100;

type Item =
  | { readonly kind: 'message'; readonly message: HandshakeMessage; readonly epoch: 0 | 1 }
  | { readonly kind: 'change-cipher-spec' };

/** Our messages between two of the peer's flights, sent again until the peer goes on (RFC 6347 §4.2.4). */
export class Flight {
  readonly #layer: RecordLayer;
  readonly #emit: (datagram: Buffer) => void;
  #items: Item[] = [];
  #timer: NodeJS.Timeout | undefined;
  #waitMs = firstWaitMs;
  #sentMs = 0;

  constructor(layer: RecordLayer, emit: (datagram: Buffer) => void) {
    this.#layer = layer;
    this.#emit = emit;
  }

  /** A new flight takes the last one's place. */
  begin(): void {
    this.stop();
    this.#items = [];
    this.#waitMs = firstWaitMs;
  }

  add(message: HandshakeMessage, epoch: 0 | 1): void {
    this.#items.push({ kind: 'message', message, epoch });
  }

  addChangeCipherSpec(): void {
    this.#items.push({ kind: 'change-cipher-spec' });
  }

  /** `awaited`: until the peer answers it is sent again and again; else only when the peer repeats itself. */
  send(awaited: boolean): void {
    this.#transmit();
    if (awaited) this.#arm();
  }

  /** The peer repeats its last flight: ours was lost. */
  sendAgain(): void {
    if (this.#items.length > 0 && performance.now() - this.#sentMs >= leastResendMs) this.#transmit();
  }

  /** The peer went on, or all is over. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      this.#waitMs = Math.min(longestWaitMs, 2 * this.#waitMs);
      this.#transmit();
      this.#arm();
    }, this.#waitMs);
  }

  #transmit(): void {
    this.#sentMs = performance.now();
    let datagram: Buffer[] = [];
    let filled = 0;
    for (const record of this.#records()) {
      if (filled + record.length > longestDatagram) {
        this.#emit(Buffer.concat(datagram));
        datagram = [];
        filled = 0;
      }
      datagram.push(record);
      filled += record.length;
    }
    this.#emit(Buffer.concat(datagram));
  }

  /** Each time with numbers of its own, else the peer would take them for replays. */
  #records(): Buffer[] {
    return this.#items.flatMap((item) => {
      if (item.kind === 'change-cipher-spec')
        return [this.#layer.seal(contentType.changeCipherSpec, 0, Buffer.from([1]))];
      const { message, epoch } = item;
      const most = longestDatagram - recordHeaderBytes - handshakeHeaderBytes - protectionBytes;
      const records: Buffer[] = [];
      let from = 0;
      do {
        const to = Math.min(from + most, message.body.length);
        records.push(this.#layer.seal(contentType.handshake, epoch, fragmentOf(message, from, to)));
        from = to;
      } while (from < message.body.length);
      return records;
    });
  }
}
