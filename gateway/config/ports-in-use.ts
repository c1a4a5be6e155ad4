import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { GatewayError, messageOf } from '../errors.ts';

export interface PortNeed {
  /** What it is for, in words. */
  readonly use: string;
  /** Key of the configuration that moves it. */
  readonly key: string;
  readonly host: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

export class PortInUse extends GatewayError {
  constructor(needs: readonly PortNeed[], cause: unknown) {
    const lines = needs.map(
      ({ host, port, protocol, use, key }) =>
        `  - ${host}:${port} (${protocol.toUpperCase()}) for ${use}: choose another with --${key}`,
    );
    super({
      code: 'PORT_IN_USE',
      httpStatus: 503,
      message: `Something else listens where the gateway wants to:\n${lines.join('\n')}`,
      remedy: 'End the other program (perhaps another gateway), or choose other ports.',
      cause,
    });
  }
}

/** A port is free, but this machine or this user can't have it. */
export class PortNotAllowed extends GatewayError {
  constructor({ host, port, use, key }: PortNeed, cause: unknown) {
    const notOurs = codeOf(cause) === 'EADDRNOTAVAIL';
    super({
      code: 'PORT_NOT_ALLOWED',
      httpStatus: 503,
      message: `The gateway can’t listen at ${host}:${port} for ${use}: ${messageOf(cause)}`,
      remedy: notOurs
        ? `Set --host to an address of this machine; what peers outside see is PUBLIC_IP.`
        : `Choose a port above 1023 with --${key}, or allow this user to take low ports.`,
      cause,
    });
  }
}

/** Names every port that is taken, before anything is started. Port 0 means: any free one. */
export async function checkPorts(needs: readonly PortNeed[]): Promise<void> {
  const taken: PortNeed[] = [];
  let cause: unknown;
  for (const need of needs.filter(({ port }) => port !== 0)) {
    try {
      await tryPort(need);
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw new PortNotAllowed(need, error);
      taken.push(need);
      cause = error;
    }
  }
  if (taken.length > 0) throw new PortInUse(taken, cause);
}

/** A free TCP port whose number is free for UDP too. */
export async function freePort(host: string): Promise<number> {
  for (;;) {
    const port = await tryPort({ host, port: 0, protocol: 'tcp' });
    const isFree = await tryPort({ host, port, protocol: 'udp' }).then(
      () => true,
      () => false,
    );
    if (isFree) return port;
  }
}

/** Binds and lets go; resolves with the port. */
async function tryPort({
  host,
  port,
  protocol,
}: Pick<PortNeed, 'host' | 'port' | 'protocol'>): Promise<number> {
  if (protocol === 'udp') {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4').bind({
      address: host,
      port,
      exclusive: true,
    });
    await once(socket, 'listening');
    const bound = socket.address().port;
    socket.close();
    await once(socket, 'close');
    return bound;
  }
  const server = createServer().listen({ host, port, exclusive: true });
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : port;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
