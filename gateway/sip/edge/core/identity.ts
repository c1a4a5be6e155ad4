import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isOurVia } from '../ids.ts';
import type { SipRequest } from '../message/types.ts';
import { formatHost } from '../message/uri.ts';
import { isUnspecified } from '../transport/addresses.ts';
import { kinds } from '../transport/kinds.ts';
import type { LocalAddress, Peer, TransportName } from '../transport/types.ts';

/** Towards whom the edge names itself. */
export type Towards = Pick<Peer, 'transport' | 'address'>;

/** How the edge calls itself on the wire. */
export class Identity {
  readonly #local: readonly LocalAddress[];
  /** What peers see in place of the bound address; of each family one at most. */
  readonly #publicAddresses: readonly string[];

  constructor(local: readonly LocalAddress[], publicAddresses: readonly string[]) {
    this.#local = local;
    this.#publicAddresses = publicAddresses;
  }

  /** Our side as this peer sees it: an address of its own family, if we have one. */
  outside({ transport, address }: Towards): LocalAddress {
    const { address: bound, port } = this.local(transport);
    return { transport, address: this.#hostTowards(bound, address), port };
  }

  local(transport: TransportName): LocalAddress {
    const found = this.#local.find((address) => address.transport === transport);
    return found ?? { transport, address: this.#local[0]?.address ?? '', port: kinds[transport].defaultPort };
  }

  /** `host:port`, as it takes the place of `localhost` in an app's headers. */
  hostPort(towards: Towards): string {
    const { address, port } = this.outside(towards);
    return `${formatHost(address)}:${port}`;
  }

  /** @param secure the request or its target is `sips`, so our Contact must be (RFC 3261 §8.1.1.8, §12.1.1) */
  contact(towards: Towards, secure = false): string {
    const { uriParam } = kinds[towards.transport];
    const isPlain = uriParam === undefined || (secure && towards.transport === 'tls');
    return `<${secure ? 'sips' : 'sip'}:${this.hostPort(towards)}${isPlain ? '' : `;transport=${uriParam}`}>`;
  }

  /** Whether a request to this peer would come back to us. */
  isSelf(peer: Peer): boolean {
    return this.#local.some(
      ({ transport, address, port }) =>
        transport === peer.transport &&
        port === peer.port &&
        (address === peer.address ||
          this.#publicAddresses.includes(peer.address) ||
          (isUnspecified(address) && isOfThisMachine(peer.address))),
    );
  }

  /** RFC 3261 §16.3, item 4, for a user agent: a request of ours has come back to us, by a proxy. */
  isLoop(request: SipRequest): boolean {
    return request.headers.getAll('Via').some((via) => isOurVia(via));
  }

  /** `udp/host:port,tcp/…`, with the public host or as bound. */
  hostports(side: 'outside' | 'local'): string {
    return this.#local
      .map(({ transport }) => {
        const { address, port } =
          side === 'outside' ? this.outside({ transport, address: '' }) : this.local(transport);
        return `${transport}/${formatHost(address)}:${port}`;
      })
      .join(',');
  }

  /** Bound to all addresses, the first one that is not loopback stands for them. */
  #hostTowards(bound: string, peer: string): string {
    const v6 = peer === '' ? isIPv6(bound) && bound !== '::' : isIPv6(peer);
    const outside =
      this.#publicAddresses.find((one) => isIPv6(one) === v6) ??
      (peer === '' ? this.#publicAddresses[0] : undefined);
    if (outside !== undefined) return outside;
    if (!isUnspecified(bound)) return bound;
    if (isLoopback(peer)) return v6 ? '::1' : '127.0.0.1';
    const family = v6 ? 'IPv6' : 'IPv4';
    return interfaces().find((each) => each.family === family && !each.internal)?.address ?? bound;
  }
}

function interfaces() {
  return Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

function isOfThisMachine(address: string): boolean {
  return isLoopback(address) || interfaces().some((each) => each.address === address);
}
