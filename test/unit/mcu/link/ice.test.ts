import { ClientConfigSetting, JoinResponse } from '@livekit/protocol';
import { describe, expect, it } from 'vitest';
import {
  candidateInit,
  parseCandidate,
  peerOptions,
  rtcConfig,
  turnServers,
} from '../../../../mcu/link/ice.ts';

type Join = ConstructorParameters<typeof JoinResponse>[0];
const join = (more: Join): JoinResponse => new JoinResponse(more);

describe('the way to the SFU', () => {
  it('takes TURN over UDP, and nothing that could not help', () => {
    const { iceServers } = join({
      iceServers: [
        { urls: ['stun:stun.example:3478'] },
        {
          urls: [
            'turn:turn.example:443?transport=udp',
            'turn:turn.example?transport=tcp',
            'turns:turn.example:5349',
            'turn:[2001:db8::1]',
            'nonsense',
          ],
          username: 'user',
          credential: 'pass',
        },
      ],
    });
    const more = { username: 'user', password: 'pass', relayType: 'TurnUdp' };
    expect(turnServers(iceServers)).toEqual([
      { hostname: 'turn.example', port: 443, ...more },
      { hostname: '2001:db8::1', port: 3478, ...more },
    ]);
  });

  it('relays when the SFU says so, and binds where it is told', () => {
    const forced = join({ clientConfiguration: { forceRelay: ClientConfigSetting.ENABLED } });
    expect(rtcConfig(peerOptions(forced, undefined))).toMatchObject({ iceTransportPolicy: 'relay' });
    const free = rtcConfig(peerOptions(join({}), '127.0.0.1'));
    expect(free).toMatchObject({ iceTransportPolicy: 'all', bindAddress: '127.0.0.1' });
  });
});

describe('candidates in signalling', () => {
  const candidate = { candidate: 'candidate:1 1 UDP 1 127.0.0.1 4000 typ host', mid: '0' };

  it('go there and back', () => {
    expect(parseCandidate(candidateInit(candidate))).toEqual(candidate);
  });

  it('have a mid, or the first one', () => {
    expect(parseCandidate('{"candidate":"c","sdpMid":""}')).toEqual({ candidate: 'c', mid: '0' });
    expect(parseCandidate('{"candidate":"c","sdpMid":"2"}')).toEqual({ candidate: 'c', mid: '2' });
  });

  it('are none when they are the end of candidates, or garbage', () => {
    for (const text of ['{"candidate":""}', '{}', 'null', '[]', '"x"', '{', '']) {
      expect(parseCandidate(text)).toBeNull();
    }
  });
});
