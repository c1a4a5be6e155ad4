import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { isUnspecified, plainAddress } from './addresses.ts';
import { StreamEndpoint } from './endpoint.ts';
import type { StreamEvents, StreamSetup } from './endpoint.ts';
import { listen } from './listen.ts';
import type { Peer } from './types.ts';

/** A transport over connections, open. */
export interface StreamTransport {
  readonly port: number;
  readonly endpoint: StreamEndpoint;
  close(): Promise<void>;
}

/** Throws `TransportError`. */
export async function openTcp(
  port: number,
  setup: StreamSetup,
  events: StreamEvents,
): Promise<StreamTransport> {
  const endpoint = new StreamEndpoint('tcp', setup, events, async (peer, signal) => ({
    socket: await dialTcp(peer, setup.address, signal),
  }));
  const server = createServer((socket) => {
    const from = sourceOf(socket);
    if (from !== undefined) endpoint.addSocket(socket, from);
  });
  const listener = await listen(server, port, setup);
  return { port: listener.port, endpoint, close: closer(endpoint, listener) };
}

/** Where a socket comes from; undefined: it is gone again, or was refused. */
export function sourceOf(socket: Socket): { address: string; port: number } | undefined {
  const { remoteAddress, remotePort, destroyed } = socket;
  if (destroyed || remoteAddress === undefined || remotePort === undefined) return undefined;
  return { address: plainAddress(remoteAddress), port: remotePort };
}

/** From the address that we are bound to, if that is one. */
export async function dialTcp(peer: Peer, bound: string, signal: AbortSignal): Promise<Socket> {
  const localAddress = isUnspecified(bound) ? undefined : bound;
  const socket = connect({ host: peer.address, port: peer.port, localAddress });
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

export function closer(endpoint: StreamEndpoint, listener: { close(): Promise<void> }): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => (closing ??= Promise.all([endpoint.close(), listener.close()]).then(() => undefined));
}
