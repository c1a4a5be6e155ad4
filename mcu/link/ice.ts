/** ICE as LiveKit's signalling carries it, in node-datachannel's shapes. */
import { ClientConfigSetting, type ICEServer, type JoinResponse } from '@livekit/protocol';
import type { IceServer, RtcConfig } from 'node-datachannel';

/** `bindAddress`: the local address that media sockets bind to; all when left out. */
export interface PeerOptions {
  readonly iceServers: readonly ICEServer[];
  readonly relayOnly: boolean;
  readonly bindAddress: string | undefined;
}

/** What the SFU's join response says of the way to it. */
export function peerOptions(join: JoinResponse, bindAddress: string | undefined): PeerOptions {
  return {
    iceServers: join.iceServers,
    relayOnly: join.clientConfiguration?.forceRelay === ClientConfigSetting.ENABLED,
    bindAddress,
  };
}

/**
 * Only TURN over UDP is taken: libjuice has no other, and STUN tells a server nothing that the SFU does
 * not see for itself (RFC 8445 §7.3.1.3, peer-reflexive candidates).
 */
export function turnServers(servers: readonly ICEServer[]): IceServer[] {
  return servers.flatMap(({ urls, username, credential }) =>
    urls.flatMap((url) => {
      // RFC 7065 §3.1
      const match = /^turn:(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(\w+))?$/i.exec(url);
      if (match === null) return [];
      const [, host, port = '3478', transport = 'udp'] = match;
      if (transport.toLowerCase() !== 'udp') return [];
      const hostname = host.replace(/^\[|\]$/g, '');
      return [
        { hostname, port: Number(port), username, password: credential, relayType: 'TurnUdp' as const },
      ];
    }),
  );
}

export function rtcConfig(options: PeerOptions): RtcConfig {
  return {
    iceServers: turnServers(options.iceServers),
    iceTransportPolicy: options.relayOnly ? 'relay' : 'all',
    ...(options.bindAddress === undefined ? {} : { bindAddress: options.bindAddress }),
    disableAutoNegotiation: true,
    // A subscriber's first offer has no media yet; without this DTLS would come up without SRTP keys.
    forceMediaTransport: true,
  };
}

export interface Candidate {
  readonly candidate: string;
  readonly mid: string;
}

/** RTCIceCandidateInit as JSON (W3C WebRTC §4.8.1.1). */
export function candidateInit({ candidate, mid }: Candidate): string {
  return JSON.stringify({ candidate, sdpMid: mid, sdpMLineIndex: 0 });
}

/** The candidate in an RTCIceCandidateInit; null for the end of candidates and for what is none. */
export function parseCandidate(init: string): Candidate | null {
  let value: unknown;
  try {
    value = JSON.parse(init);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const candidate = 'candidate' in value ? value.candidate : null;
  const mid = 'sdpMid' in value ? value.sdpMid : null;
  if (typeof candidate !== 'string' || candidate === '') return null;
  return { candidate, mid: typeof mid === 'string' && mid !== '' ? mid : '0' };
}
