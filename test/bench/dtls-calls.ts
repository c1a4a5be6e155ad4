/** Calls whose media is encrypted by DTLS-SRTP, without ICE, beside plain ones; what a handshake costs by itself. */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fingerprintOf } from '../../mcu/dtls/fingerprint.ts';
import { dtlsEnd, dtlsPair, identities } from '../support/dtls-pair.ts';
import { plainSdp, SipUa } from '../support/sip-ua.ts';
import { until } from '../support/until.ts';
import { round, spread } from './numbers.ts';
import type { Spread } from './numbers.ts';
import { readProcess } from './processes.ts';

const mediaMs = 5000;
const holdMs = 500;
const pairs = 60;
const warmUpPairs = 20;

export interface MediaStage {
  readonly calls: number;
  /** Without a 200, or without media 5 s later. */
  readonly failed: number;
  /** All from the INVITE, ms. */
  readonly answered: Spread;
  readonly firstMedia: Spread;
  /** Of the media node, ms per call, which lasts half a second from its first media. */
  readonly nodeCpuMs: number;
}

interface Times {
  readonly answeredMs: number;
  readonly firstMediaMs: number;
}

export async function mediaStage(options: {
  readonly sipPort: number;
  readonly encrypted: boolean;
  readonly uri: (call: number) => string;
  readonly perSecond: number;
  readonly seconds: number;
  readonly nodePid: number;
}): Promise<MediaStage> {
  const { sipPort, encrypted, uri, perSecond, seconds, nodePid } = options;
  const ua = await SipUa.open({ serverPort: sipPort });
  const before = readProcess(nodePid).cpuSeconds;
  const beganMs = performance.now();
  const calls: Promise<Times | null>[] = [];
  for (let number = 0; number < perSecond * seconds; number++) {
    const waitMs = beganMs + (number * 1000) / perSecond - performance.now();
    if (waitMs > 1) await pause(waitMs);
    calls.push(oneCall(ua, uri(number), encrypted).catch(() => null));
  }
  const times = await Promise.all(calls);
  const cpuSeconds = readProcess(nodePid).cpuSeconds - before;
  await ua.close();
  const good = times.filter((one) => one !== null);
  return {
    calls: times.length,
    failed: times.length - good.length,
    answered: spread(good.map(({ answeredMs }) => answeredMs)),
    firstMedia: spread(good.map(({ firstMediaMs }) => firstMediaMs)),
    nodeCpuMs: round((cpuSeconds * 1000) / times.length, 1),
  };
}

/** Offers actpass, is the client of the association (RFC 5763 §5), and waits for the first packet of sound. */
async function oneCall(ua: SipUa, uri: string, encrypted: boolean): Promise<Times> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const media = { first: null as number | null, onDtls: (_datagram: Buffer): void => undefined };
  socket.on('message', (datagram: Buffer) => {
    // RFC 7983 §7: 20 to 63 is DTLS, 128 to 191 RTP or RTCP; RTCP's types are those from 192 to 223.
    if (datagram[0] >= 20 && datagram[0] <= 63) media.onDtls(datagram);
    else if (datagram[0] >= 128 && (datagram[1] < 192 || datagram[1] > 223))
      media.first ??= performance.now();
  });
  const beganMs = performance.now();
  const call = ua.invite(uri, { body: encrypted ? dtlsOffer(socket) : plainSdp(socket.address().port) });
  const closeDtls: (() => void)[] = [];
  try {
    const { body } = await call.response(200);
    const answeredMs = performance.now() - beganMs;
    call.ack();
    if (encrypted) {
      const { association } = clientEnd(socket, body);
      closeDtls.push(() => association.close());
      media.onDtls = (datagram) => association.receive(datagram, { address: '127.0.0.1', port: 0 });
      association.start();
    }
    await until('sound comes', () => media.first !== null, mediaMs);
    await pause(holdMs);
    return { answeredMs, firstMediaMs: (media.first ?? 0) - beganMs };
  } finally {
    await call.request('BYE').catch(() => undefined);
    ua.takeUnread();
    for (const close of closeDtls) close();
    socket.close();
  }
}

function dtlsOffer(socket: Socket): string {
  const { hash, value } = fingerprintOf(identities.client.certificate);
  return (
    plainSdp(socket.address().port).replace('RTP/AVP', 'UDP/TLS/RTP/SAVP') +
    `a=fingerprint:${hash} ${value}\r\na=setup:actpass\r\n`
  );
}

function clientEnd(socket: Socket, answer: string): ReturnType<typeof dtlsEnd> {
  const port = Number(/^m=audio (\d+) /m.exec(answer)?.[1]);
  const [, hash = '', value = ''] = /^a=fingerprint:(\S+) (\S+)/m.exec(answer) ?? [];
  return dtlsEnd('active', identities.client, identities.server, port, {
    fingerprints: [{ hash, value }],
    send: (datagram) => socket.send(datagram, port, '127.0.0.1'),
  });
}

/** CPU of one end for one DTLS handshake, both ends' halved, ms. */
export async function dtlsHandshakeCpuMs(): Promise<number> {
  const handshake = async (): Promise<void> => {
    const { client, server } = dtlsPair();
    await until('both have keys', () => client.keys !== null && server.keys !== null, 5000);
    client.association.close();
    server.association.close();
  };
  for (let count = 0; count < warmUpPairs; count++) await handshake();
  const since = process.cpuUsage();
  for (let count = 0; count < pairs; count++) await handshake();
  const { user, system } = process.cpuUsage(since);
  return round((user + system) / 1000 / pairs / 2, 2);
}
