/** IP literals of peers: one form of each to compare by, and what a socket of both families makes of IPv4. */
import { isIPv4, isIPv6 } from 'node:net';

/** How a socket of both families writes IPv4 (RFC 4291 §2.5.5.2). */
const mappedPrefix = '::ffff:';

/** An IP literal in the one form that packets' sources have here: RFC 5952 for IPv6, without a zone; IPv4 plain. */
export function canonicalAddress(address: string): string {
  if (!isIPv6(address)) return address;
  const text = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(text);
  if (!mapped) return text;
  const [upper, lower] = [parseInt(mapped[1], 16), parseInt(mapped[2], 16)];
  return [upper >> 8, upper & 255, lower >> 8, lower & 255].join('.');
}

/** False: media to there is on hold (RFC 3264 §8.4, RFC 6157 §5.2). */
export function isSpecified(address: string): boolean {
  return address !== '0.0.0.0' && address !== '::';
}

/**
 * Between plain IPv4 addresses and what a udp6 socket bound to `::` writes for them. Remembers the last one each way,
 * so that a stream's packets cost no text of their own.
 */
export class MappedAddresses {
  #sentPlain = '';
  #sentMapped = '';
  #receivedMapped = '';
  #receivedPlain = '';

  /** What a udp6 socket needs to send to `address`. */
  toSocket(address: string): string {
    if (address === this.#sentPlain) return this.#sentMapped;
    this.#sentPlain = address;
    this.#sentMapped = isIPv4(address) ? mappedPrefix + address : address;
    return this.#sentMapped;
  }

  /** Whom a socket's packet is of; addresses that are no mapped ones stay. */
  fromSocket(address: string): string {
    if (address === this.#receivedMapped) return this.#receivedPlain;
    if (!address.startsWith(mappedPrefix) || !address.includes('.')) return address;
    this.#receivedMapped = address;
    this.#receivedPlain = address.slice(mappedPrefix.length);
    return this.#receivedPlain;
  }
}
