import type { Socket } from 'node:net';
import { plainAddress } from './addresses.ts';

/** Connections of all transports together, those that still shake hands too: in all, and of one address. */
export class SourceLimits {
  readonly #most: { readonly inAll: number; readonly perAddress: number };
  readonly #perAddress = new Map<string, number>();
  #inAll = 0;

  constructor(most: { inAll: number; perAddress: number }) {
    this.#most = most;
  }

  hasRoom(address: string): boolean {
    return this.#inAll < this.#most.inAll && (this.#perAddress.get(address) ?? 0) < this.#most.perAddress;
  }

  /** Counts a socket until it closes. False: there is no room, or its peer is gone already; destroy it. */
  take(socket: Socket): boolean {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) return false;
    const address = plainAddress(remoteAddress);
    if (!this.hasRoom(address)) return false;
    this.#inAll += 1;
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    socket.once('close', () => this.#release(address));
    return true;
  }

  #release(address: string): void {
    this.#inAll -= 1;
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}
