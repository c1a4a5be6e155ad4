/**
 * Several RTP packets in one datagram, each behind its length in two octets (RFC 4571 §2). Between two processes
 * of one machine a system call costs far more than the packet that it carries.
 */

/** Far from the 65,507 octets of a loopback datagram, and well below a socket's buffer. */
const longestBundle = 16_384;
const prefixBytes = 2;

export class Bundle {
  readonly #bytes = Buffer.alloc(longestBundle);
  readonly #send: (datagram: Buffer) => void;
  #filled = 0;

  /** `send` reads the datagram before it returns. */
  constructor(send: (datagram: Buffer) => void) {
    this.#send = send;
  }

  /** Copies a packet in; sends what was there when there is no room. Drops what no audio packet is long enough for. */
  add(packet: Buffer): void {
    const length = packet.length;
    if (length + prefixBytes > longestBundle) return;
    if (this.#filled + length + prefixBytes > longestBundle) this.flush();
    const bytes = this.#bytes;
    bytes[this.#filled] = length >> 8;
    bytes[this.#filled + 1] = length;
    bytes.set(packet, this.#filled + prefixBytes);
    this.#filled += length + prefixBytes;
  }

  /** Sends what is there. */
  flush(): void {
    if (this.#filled === 0) return;
    const datagram = this.#bytes.subarray(0, this.#filled);
    this.#filled = 0;
    this.#send(datagram);
  }
}

/** Gives each packet as a part of the datagram's own memory; a length beyond the end gives nothing more. */
export function unbundle(datagram: Buffer, take: (packet: Buffer) => void): void {
  for (let at = 0; at + prefixBytes <= datagram.length;) {
    const start = at + prefixBytes;
    const end = start + ((datagram[at] << 8) | datagram[at + 1]);
    if (end > datagram.length) return;
    take(datagram.subarray(start, end));
    at = end;
  }
}
