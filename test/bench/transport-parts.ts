/** The parts of the transports' bench; each opens what it needs and says how that is closed. */
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { CertificateFiles, TestAuthority } from '../support/certificates.ts';
import type { KeyKind } from '../support/certificates.ts';
import { startLiveKit } from '../support/livekit.ts';
import type { UaTransport } from '../support/sip-ua.ts';
import { dtlsHandshakeCpuMs, mediaStage } from './dtls-calls.ts';
import type { MediaStage } from './dtls-calls.ts';
import { answerAll, realEdgeForLoad, startEdgeProcess } from './edge-process.ts';
import { GatewayProcess } from './gateway-process.ts';
import { setupStage } from './setup-load.ts';
import type { SetupStage } from './setup-load.ts';
import {
  handshakesOfOpenssl,
  handshakeStage,
  peerHandshakes,
  signaturesPerSecond,
} from './tls-handshakes.ts';

import type { HandshakeStage } from './tls-handshakes.ts';
import type { TransportsResult } from './transports-report.ts';

export interface Surroundings {
  readonly onClose: (close: () => Promise<void> | void) => void;
  readonly say: (line: string) => void;
}

const stageSeconds = 2;
const handshakeSeconds = 2;
const warmUpPerSecond = 50;
const roomSeconds = 4;
const roomPerSecond = 10;
const roomHoldMs = 1000;
const callersPerRoom = 10;

type Way = readonly [name: string, transport: UaTransport, connectionEach: boolean];

/** A WebSocket is one browser's: the edge closes one that brings more than 50 messages a second. */
const ways: readonly Way[] = [
  ['UDP', 'udp', false],
  ['TCP', 'tcp', false],
  ['TLS', 'tls', false],
  ['TCP, a connection each', 'tcp', true],
  ['TLS, a connection each', 'tls', true],
  ['WS, a connection each', 'ws', true],
  ['WSS, a connection each', 'wss', true],
];
const waysIntoRooms: readonly Way[] = [
  ['UDP', 'udp', false],
  ['TLS', 'tls', false],
  ['TLS, a connection each', 'tls', true],
  ['WSS, a connection each', 'wss', true],
];

/** `edgePid`: of the drachtio-server that the environment names, if it names one. */
export async function edgeSetups(
  { onClose, say }: Surroundings,
  rates: readonly number[],
  edgePid: number | null,
): Promise<TransportsResult['setups']> {
  const files = newCertificate(onClose, 'P-256');
  const edge = realEdgeForLoad(edgePid) ?? (await startEdgeProcess(files));
  onClose(() => edge.close());
  const app = await answerAll(edge);
  onClose(() => app.disconnect());
  const setups: Record<string, SetupStage[]> = {};
  const [first] = ways;
  const ca = edge.ca ?? files.authority;
  for (const [name, transport, connectionEach] of ways) {
    const port = edge.ports[transport];
    if (port === undefined) continue;
    const stage = (perSecond: number, seconds: number): Promise<SetupStage> =>
      setupStage({
        ua: { transport, serverPort: port, ca },
        uri: () => uriOf('bench', port, transport),
        ...{ connectionEach, perSecond, seconds, holdMs: 0, pid: edge.pid },
      });
    // The first one has all code compiled for those after it.
    await stage(warmUpPerSecond, name === first[0] ? 4 : 1);
    const stages: SetupStage[] = (setups[name] = []);
    for (const rate of rates) stages.push(await stage(rate, stageSeconds));
    say(`  ${name}: ${stages.map(({ perSecond, failed }) => `${perSecond}/s, ${failed} failed`).join('; ')}`);
  }
  return setups;
}

type TlsFigures = Pick<TransportsResult, 'handshakes' | 'openssl' | 'signatures'>;

export async function tlsHandshakes({ onClose, say }: Surroundings): Promise<TlsFigures> {
  const handshakes: Record<string, HandshakeStage> = {};
  const openssl: Record<string, number> = {};
  for (const kind of ['P-256', 'RSA-2048'] as const) {
    const files = newCertificate(onClose, kind);
    const edge = await startEdgeProcess(files);
    onClose(() => edge.close());
    const server = { port: edge.ports.tls ?? 0, ca: files.authority, pid: edge.pid ?? 0 };
    await handshakeStage(server, false, 1);
    handshakes[`the edge, ${kind}`] = await handshakeStage(server, false, handshakeSeconds);
    handshakes[`the edge, ${kind}, resumed`] = await handshakeStage(server, true, handshakeSeconds);
    openssl[`the edge, ${kind}`] = await handshakesOfOpenssl(server.port);
    const peer = await peerHandshakes(files, handshakeSeconds);
    handshakes[`openssl s_server, ${kind}`] = peer.stage;
    openssl[`openssl s_server, ${kind}`] = peer.openssl;
    say(`  ${kind}: ${handshakes[`the edge, ${kind}`].cpuMs} CPU-ms`);
  }
  return { handshakes, openssl, signatures: await signaturesPerSecond() };
}

type RoomFigures = Pick<TransportsResult, 'rooms' | 'media' | 'dtlsCpuMs'>;

/** The whole gateway: set-ups into LiveKit rooms, and calls with their media. */
export async function intoRooms({ onClose, say }: Surroundings): Promise<RoomFigures> {
  const files = newCertificate(onClose, 'P-256');
  const livekit = await startLiveKit();
  onClose(() => livekit.close());
  const [tls, wss] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
  const gateway = await GatewayProcess.start(livekit, 1000, undefined, {
    ...{ 'sip.tls.port': tls, 'sip.tls.certificate': files.certificate, 'sip.tls.key': files.key },
    ...{ 'sip.wss.listen': 'on', 'sip.wss.port': wss },
  });
  onClose(() => gateway.close());
  const ports = { udp: gateway.sipPort, tcp: gateway.sipPort, ws: 0, tls, wss };
  const pids = gateway.pids();
  const rooms: Record<string, SetupStage> = {};
  const roomOf = (call: number): string => `bench-t${Math.floor(call / callersPerRoom)}`;
  const stage = (transport: UaTransport, connectionEach: boolean, seconds: number): Promise<SetupStage> =>
    setupStage({
      ua: { transport, serverPort: ports[transport], ca: files.authority },
      uri: (call) => uriOf(roomOf(call), ports[transport], transport),
      ...{ connectionEach, seconds, perSecond: roomPerSecond, holdMs: roomHoldMs },
      pid: pids.get('SIP edge') ?? null,
    });
  await stage('udp', false, 2);
  for (const [name, transport, connectionEach] of waysIntoRooms) {
    rooms[name] = await stage(transport, connectionEach, roomSeconds);
    await gateway.untilNoCalls(5000);
    say(`  into rooms by ${name}: ${rooms[name].failed} of ${rooms[name].calls} failed`);
  }
  const media: Record<string, MediaStage> = {};
  for (const [name, encrypted] of [
    ['plain', false],
    ['DTLS-SRTP', true],
  ] as const) {
    media[name] = await mediaStage({
      ...{ sipPort: gateway.sipPort, encrypted, seconds: roomSeconds, perSecond: roomPerSecond },
      uri: (call) => uriOf(roomOf(call), gateway.sipPort, 'udp'),
      nodePid: pids.get('media node') ?? 0,
    });
    await gateway.untilNoCalls(5000);
    say(`  ${name}: ${media[name].failed} of ${media[name].calls} failed`);
  }
  return { rooms, media, dtlsCpuMs: await dtlsHandshakeCpuMs() };
}

function uriOf(user: string, port: number, transport: UaTransport): string {
  const param = transport === 'udp' ? '' : `;transport=${transport === 'wss' ? 'ws' : transport}`;
  return `sip:${user}@127.0.0.1:${port}${param}`;
}

interface Files {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
  /** The authority itself, PEM. */
  readonly authority: string;
}

function newCertificate(onClose: Surroundings['onClose'], kind: KeyKind): Files {
  const authority = new TestAuthority();
  const files = new CertificateFiles(authority.issue({ addresses: ['127.0.0.1'] }, kind), authority);
  onClose(() => files.remove());
  return { ...files.files, authority: authority.cert };
}
