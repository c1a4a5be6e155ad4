import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { closeOf } from './closing.ts';
import type { StreamSetup } from './endpoint.ts';
import { failureOf } from './failures.ts';

/** A listening socket; everything that comes to it is counted, and refused beyond the limits. */
export interface Listener {
  readonly port: number;
  /** Resolves when nothing of it is left, its sockets included. */
  close(): Promise<void>;
}

/** Throws `TransportError`. */
export async function listen(server: Server, port: number, setup: StreamSetup): Promise<Listener> {
  const sockets = new Set<Socket>();
  server.prependListener('connection', (socket: Socket) => {
    if (!setup.sources.take(socket)) {
      setup.counters.connectionsRefused += 1;
      // TLS can't take over a socket that is closed already.
      if (server instanceof TlsServer) setImmediate(() => socket.destroy());
      else socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  try {
    server.listen({ host: setup.address, port, exclusive: true });
    await once(server, 'listening');
  } catch (error) {
    throw failureOf(error);
  }
  // No more file handles, say: this caller is lost, the listener is not.
  server.on('error', () => (setup.counters.connectionsRefused += 1));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const gone = closeOf(server);
      server.close();
      for (const socket of sockets) socket.destroy();
      await gone;
    },
  };
}
