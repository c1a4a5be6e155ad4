import { isOurVia } from '../ids.ts';
import type { SipRequest } from '../message/types.ts';
import { formatHost } from '../message/uri.ts';
import { defaultPort } from '../transport/routing.ts';
import type { LocalAddress, Peer, TransportName } from '../transport/types.ts';

/** How the edge calls itself on the wire. */
export class Identity {
  readonly #local: readonly LocalAddress[];
  /** Host in Contact, Via and `localhost`'s place: the public one. */
  readonly #host: string;

  constructor(local: readonly LocalAddress[], publicHost: string) {
    this.#local = local;
    this.#host = publicHost;
  }

  /** Our side of a transport; the public host with the bound port. */
  outside(transport: TransportName): LocalAddress {
    const { port } = this.local(transport);
    return { transport, address: this.#host, port };
  }

  local(transport: TransportName): LocalAddress {
    const found = this.#local.find((address) => address.transport === transport);
    return found ?? { transport, address: this.#host, port: defaultPort };
  }

  has(transport: TransportName): boolean {
    return this.#local.some((address) => address.transport === transport);
  }

  /** `host:port`, as it takes the place of `localhost` in an app's headers. */
  hostPort(transport: TransportName): string {
    const { address, port } = this.outside(transport);
    return `${formatHost(address)}:${port}`;
  }

  contact(transport: TransportName): string {
    const params = transport === 'tcp' ? ';transport=tcp' : '';
    return `<sip:${this.hostPort(transport)}${params}>`;
  }

  /** Whether a request to this peer would come back to us. */
  isSelf(peer: Peer): boolean {
    return this.#local.some(
      ({ transport, address, port }) =>
        transport === peer.transport &&
        port === peer.port &&
        (address === peer.address || peer.address === this.#host),
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
        const { address, port } = side === 'outside' ? this.outside(transport) : this.local(transport);
        return `${transport}/${formatHost(address)}:${port}`;
      })
      .join(',');
  }
}
