import { connect as connectTcp, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isPublic } from '../../mcu/addresses.ts';
import type { ServerPlace } from './server-place.ts';

/** A name that leads to a public address, without TLS: neither secret nor calls go there. */
export class PlainOverInternet extends Error {
  constructor(address: string) {
    super(`it is at ${address}, a public address, and the connection would be unencrypted`);
  }
}

/**
 * Connects to a server's admin port. Over TLS the server has proved its name before the socket is given out, so that
 * nobody else is shown the secret.
 * @param plainAnywhere also over the Internet without TLS
 */
export function dial(
  place: ServerPlace,
  { plainAnywhere, deadlineMs, signal }: { plainAnywhere: boolean; deadlineMs: number; signal: AbortSignal },
): Promise<Socket> {
  const { host, port, tls } = place;
  return new Promise((resolve, reject) => {
    const socket =
      tls === null
        ? connectTcp({ host, port })
        : connectTls({
            host,
            port,
            ...(tls.ca !== null && { ca: tls.ca }),
            ...(isIP(host) === 0 && { servername: host }),
          });
    const settle = (outcome: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      socket.off('error', failed);
      outcome();
    };
    const failed = (error: Error): void => {
      // Whatever else it says is of no interest.
      socket.on('error', () => undefined);
      settle(() => reject(error));
      socket.destroy();
    };
    const giveUp = (): void => failed(new Error('it did not answer in time'));
    const timer = setTimeout(giveUp, deadlineMs);
    signal.addEventListener('abort', giveUp, { once: true });
    socket.on('error', failed);
    socket.once(tls === null ? 'connect' : 'secureConnect', () => {
      const address = socket.remoteAddress ?? '';
      if (tls === null && !plainAnywhere && isPublic(address)) failed(new PlainOverInternet(address));
      else settle(() => resolve(socket));
    });
    if (signal.aborted) giveUp();
  });
}
