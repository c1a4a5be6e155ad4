/** A TCP proxy on loopback that can drop its connections, as a network does. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  /** The target's URL, by way of the proxy. */
  readonly url: string;
  /** How many connections it has taken so far. */
  readonly connections: number;
  /** Resets every open connection; new ones are taken as before. */
  drop(): void;
  /** From now on new connections are taken but carry nothing, until `release`. */
  hold(): void;
  release(): void;
  close(): Promise<void>;
}

/** @param delayMs how long whatever goes through takes, each way */
export async function startTcpProxy(target: string, delayMs = 0): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const held = new Set<() => void>();
  let connections = 0;
  let holding = false;
  const server = createServer((near) => {
    connections += 1;
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    const carry = (): void => {
      if (delayMs === 0) near.pipe(far).pipe(near);
      else
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const)
          from.on('data', (chunk) => setTimeout(() => to.writable && to.write(chunk), delayMs));
    };
    if (holding) held.add(carry);
    else carry();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  const url = new URL(target);
  url.port = String(address.port);
  const drop = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: url.href,
    get connections() {
      return connections;
    },
    drop,
    hold: () => {
      holding = true;
    },
    release: () => {
      holding = false;
      for (const carry of held) carry();
      held.clear();
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      drop();
      await closed;
    },
  };
}
