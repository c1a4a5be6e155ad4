import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTcp, isIPv6 } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { inUri } from '../../config/outside.ts';
import { findHeadEnd, parseMessage } from '../../sip/edge/message/parse.ts';
import { serialize } from '../../sip/edge/message/serialize.ts';
import type { SipOutside } from '../checks/sip.ts';
import type { SipPlace } from './sip-place.ts';
import { outsideDialog } from './sip-request.ts';

const answerMs = 4_000;
/** RFC 3261 §17.1.2.1: T1. */
const firstRepeatMs = 500;

const ways = {
  udp: overUdp,
  tcp: overStream,
  tls: overStream,
  ws: overWebSocket,
  wss: overWebSocket,
} as const;

/** Asks by OPTIONS (RFC 3261 §11) and waits for the final answer. */
export const askOptions: SipOutside['options'] = async (place, signal) => {
  const timeUp = new AbortController();
  const timer = setTimeout(() => timeUp.abort(new Error(`no answer within ${answerMs / 1000} s`)), answerMs);
  const until = AbortSignal.any([signal, timeUp.signal]);
  try {
    return await ways[place.transport](place, until);
  } finally {
    clearTimeout(timer);
  }
};

async function overUdp(place: SipPlace, signal: AbortSignal): ReturnType<SipOutside['options']> {
  const socket = createSocket(isIPv6(place.host) ? 'udp6' : 'udp4');
  socket.connect(place.port, place.host);
  await once(socket, 'connect', { signal });
  const { address, port } = socket.address();
  const bytes = serialize(outsideDialog('OPTIONS', '', place, { address, port }));
  const send = (): void => socket.send(bytes, () => undefined);
  const repeat = setInterval(send, firstRepeatMs);
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(reasonOf(signal)), { once: true });
      // ICMP says that nobody listens.
      socket.on('error', reject);
      socket.on('message', (datagram) => {
        const status = finalStatus(datagram);
        if (status !== null) resolve({ status, certificate: null });
      });
      send();
    });
  } finally {
    clearInterval(repeat);
    socket.on('error', () => undefined);
    socket.close();
  }
}

async function overStream(place: SipPlace, signal: AbortSignal): ReturnType<SipOutside['options']> {
  const { host, port } = place;
  // Looked at, not trusted: what it says of itself is the finding.
  const socket: Socket =
    place.transport === 'tls'
      ? connectTls({ host, port, rejectUnauthorized: false })
      : connectTcp({ host, port });
  try {
    await once(socket, place.transport === 'tls' ? 'secureConnect' : 'connect', { signal }).catch(
      (error: unknown) => {
        throw signal.aborted ? reasonOf(signal) : error;
      },
    );
    const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate() : null;
    const own = { address: socket.localAddress ?? host, port: socket.localPort ?? 0 };
    const status = await new Promise<number>((resolve, reject) => {
      let heard = Buffer.alloc(0);
      signal.addEventListener('abort', () => reject(reasonOf(signal)), { once: true });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the connection was closed without an answer')));
      socket.on('data', (chunk: Buffer) => {
        heard = Buffer.concat([heard, chunk]);
        const status = findHeadEnd(heard, 0) === undefined ? null : finalStatus(heard);
        if (status !== null) resolve(status);
      });
      socket.write(serialize(outsideDialog('OPTIONS', '', place, own)));
    });
    return { status, certificate };
  } finally {
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

/** RFC 7118: each message is a frame. No Origin is sent, so any gateway lets it in. */
async function overWebSocket(place: SipPlace, signal: AbortSignal): ReturnType<SipOutside['options']> {
  const { transport, host, port } = place;
  const socket = new WebSocket(`${transport}://${inUri(host)}:${port}`, 'sip', { rejectUnauthorized: false });
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(reasonOf(signal)), { once: true });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the connection was closed without an answer')));
      socket.on('upgrade', ({ socket: under }) => {
        const certificate = under instanceof TLSSocket ? under.getPeerCertificate() : null;
        const own = { address: under.localAddress ?? host, port: under.localPort ?? 0 };
        socket.on('open', () => socket.send(serialize(outsideDialog('OPTIONS', '', place, own))));
        socket.on('message', (frame) => {
          const status = frame instanceof Buffer ? finalStatus(frame) : null;
          if (status !== null) resolve({ status, certificate });
        });
      });
    });
  } finally {
    socket.on('error', () => undefined);
    socket.terminate();
  }
}

function finalStatus(bytes: Buffer): number | null {
  try {
    const message = parseMessage(bytes);
    return message.kind === 'response' && message.status >= 200 ? message.status : null;
  } catch {
    return null;
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('given up');
}
