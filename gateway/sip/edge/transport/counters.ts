import type { TransportCounters } from './types.ts';

export function newCounters(): TransportCounters {
  return {
    received: 0,
    sent: 0,
    garbage: 0,
    invalid: 0,
    keepAlives: 0,
    switchedToTcp: 0,
    fellBackToUdp: 0,
    sendErrors: 0,
    peerErrors: 0,
    connections: 0,
    connectionsRefused: 0,
    connectionsIdle: 0,
    connectionsStalled: 0,
    connectionsOverloaded: 0,
    connectionsFlooded: 0,
    connectionsDead: 0,
    handshakesFailed: 0,
    handshakesStalled: 0,
    originsRefused: 0,
    stunAnswered: 0,
    certificatesReloaded: 0,
    certificateReloadsFailed: 0,
  };
}
