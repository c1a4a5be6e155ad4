/** A 1:1 NAT for UDP on loopback that can go silent, as a firewall does which has forgotten a flow. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface UdpRelay {
  /** Nothing passes any more in either direction, until `unblock`. */
  block(): void;
  unblock(): void;
  /** From now on one packet in so many is lost, in either direction. */
  lose(oneIn: number): void;
  close(): Promise<void>;
}

export interface UdpPlace {
  readonly address: string;
  readonly port: number;
}

/** Takes packets at `outside` and passes them on to `inside`, from a port of its own for each sender. */
export async function startUdpRelay(outside: UdpPlace, inside: UdpPlace): Promise<UdpRelay> {
  const flows = new Map<string, Socket>();
  let blocked = false;
  let loseOneIn = Infinity;
  let carried = 0;
  const passes = (): boolean => !blocked && ++carried % loseOneIn !== 0;
  const front = createSocket('udp4');
  const flowOf = (port: number, address: string): Socket => {
    const name = `${address}:${port}`;
    const known = flows.get(name);
    if (known !== undefined) return known;
    const flow = createSocket('udp4');
    flow.on('message', (packet) => {
      if (passes()) front.send(packet, port, address);
    });
    flows.set(name, flow);
    return flow;
  };
  front.on('message', (packet, { port, address }) => {
    if (passes()) flowOf(port, address).send(packet, inside.port, inside.address);
  });
  front.bind(outside.port, outside.address);
  await once(front, 'listening');
  return {
    block: () => {
      blocked = true;
    },
    unblock: () => {
      blocked = false;
    },
    lose: (oneIn) => {
      loseOneIn = oneIn;
    },
    close: async () => {
      const sockets = [front, ...flows.values()];
      await Promise.all(sockets.map((socket) => new Promise<void>((done) => void socket.close(done))));
    },
  };
}
