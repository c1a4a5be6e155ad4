/** FreeSWITCH's door of a node: whatever its ports and the gateway's channel bring, nothing throws and calls go on. */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Channel } from '../../../mcu/control/channel.ts';
import type { Port } from '../../../mcu/control/channel.ts';
import { mixerTells } from '../../../mcu/control/mixer-protocol.ts';
import type { MixerTells } from '../../../mcu/control/mixer-protocol.ts';
import { buildReport } from '../../../mcu/rtp/rtcp.ts';
import { buildFir, buildNack, buildPli } from '../../../mcu/video/rtcp-feedback.ts';
import type { FakeEndpoint } from '../../fakes/mixer.ts';
import { mutate, randomFrom } from '../../support/byte-mutator.ts';
import { FreeSwitchUnderTest, rtpPacket } from '../../support/freeswitch-engine.ts';
import { fuzzFactor, fuzzSeed } from '../../support/fuzz-seed.ts';
import { madeFrame, packetsOf } from '../../support/made-video.ts';
import { until } from '../../support/until.ts';

const profile = {
  codec: 'H264',
  packetizationMode: 0,
  width: 1280,
  height: 720,
  fps: 30,
  bitrate: 1e6,
} as const;
let under: FreeSwitchUnderTest;
let heard: Buffer[];
let seen: number;

/** A room system in a room, whose pictures are made of FreeSWITCH's anew. */
async function roomSystem(): Promise<FakeEndpoint> {
  const member = under.leg('ada');
  member.onPacket = (packet) => heard.push(packet);
  member.join('room');
  const viewer = under.pictures.openViewer({ id: 'ada', seat: 'ada', profile });
  viewer.onPacket = () => seen++;
  under.pictures.openCamera({
    id: 'ada-camera',
    seat: 'ada',
    room: 'room',
    identity: 'sip_ada',
    kind: 'camera',
    formats: [{ codec: 'H264', payloadType: 97 }],
  });
  return (await under.session.endpoint('ada')).up();
}

/** Sound still comes through. */
async function goesOn({ audio }: FakeEndpoint, mark: number): Promise<void> {
  await until('the mix is heard', () => {
    audio?.send(rtpPacket(0, mark, Buffer.alloc(160, mark)));
    return heard.some((packet) => packet.length === 172 && packet[20] === mark && packet[171] === mark);
  });
}

beforeEach(() => {
  under = new FreeSwitchUnderTest();
  [heard, seen] = [[], 0];
});
afterEach(() => under.close());

test('broken RTP and RTCP of FreeSWITCH’s ports leave the call as it was', async () => {
  const endpoint = await roomSystem();
  await goesOn(endpoint, 1);
  const random = randomFrom(fuzzSeed());
  for (let round = 0; round < 40 * fuzzFactor(); round++) {
    const frames = [true, false, false].map((key, i) => madeFrame('H264', key, 100 + random(4000), i));
    const stream = { ssrc: 1 + random(3), payloadType: 102, firstSequence: random(65_536) };
    const packets = [
      ...packetsOf({ codec: 'H264', packetizationMode: 1 }, frames, stream).flat(),
      rtpPacket(random(128), random(65_536)),
      buildPli(1, 2),
      buildFir(1, 2, 3),
      buildNack(1, 2, [1, 2, 900]),
      buildReport({ ssrc: 5, cname: 'x', sender: null, reception: null, bye: true }),
    ];
    for (const packet of packets) {
      const bytes = random(2) === 0 ? mutate(packet, random) : packet;
      for (const part of [endpoint.audio, endpoint.video]) {
        part?.send(bytes);
        part?.report(bytes);
      }
    }
    await goesOn(endpoint, 2 + (round % 250));
    heard.length = 0;
  }
  expect(seen).toBeGreaterThan(0);
  expect(under.session.all).toHaveLength(1);
});

test('what the gateway says of endpoints that nobody has, or twice, or without sense, changes nothing', async () => {
  const endpoint = await roomSystem();
  await goesOn(endpoint, 1);
  const port = fc.integer({ min: 1, max: 65_535 });
  const place = {
    address: fc.constantFrom('127.0.0.1', '::1', 'nowhere', '0.0.0.0'),
    rtpPort: port,
    rtcpPort: port,
  };
  const id = fc.constantFrom('nobody', 'x'.repeat(256), endpoint.id);
  const told: fc.Arbitrary<readonly [keyof MixerTells, object]> = fc.oneof(
    fc
      .record({
        endpoint: id,
        audio: fc.record({ ...place, payloadType: fc.integer({ min: 0, max: 127 }) }),
        video: fc.option(fc.record(place)),
      })
      .map((params) => ['mixerMedia', params] as const),
    fc
      .record({ endpoint: id, play: fc.integer(), how: fc.constantFrom('finished', 'stopped', 'failed') })
      .map((params) => ['mixerPlayed', params] as const),
    fc
      .record({ endpoint: id, levelDbov: fc.option(fc.integer({ min: 0, max: 127 })) })
      .map((params) => ['mixerTalking', params] as const),
    fc
      .record({ endpoint: fc.constant('nobody'), reason: fc.string() })
      .map((params) => ['mixerLost', params] as const),
    fc.constant(['mixerElsewhere', { endpoint: 'nobody' }] as const),
  );
  fc.assert(
    fc.property(told, ([name, params]) => under.session.tell(name, mixerTells[name].parse(params) as never)),
    { numRuns: 500 * fuzzFactor() },
  );
  await goesOn(endpoint, 2);
});

test('messages that fit no contract are counted and reach nobody', () => {
  let take: (message: unknown) => void = () => undefined;
  const port: Port = {
    send: () => undefined,
    onMessage: (listener) => (take = listener),
    onClose: () => undefined,
  };
  const contract = { calls: {}, events: mixerTells };
  let reached = 0;
  const events = Object.fromEntries(
    Object.keys(mixerTells).map((name) => [name, () => reached++]),
  ) as unknown as typeof under.engine.told;
  const channel = new Channel(port, contract, contract, { calls: {}, events });
  const name = fc.constantFrom(...Object.keys(mixerTells), '__proto__', 'constructor', 'mixerOpen');
  fc.assert(
    fc.property(name, fc.anything(), (event, params) => {
      const before = [channel.badMessages, reached];
      take({ event, params });
      expect(channel.badMessages + reached).toBe(before[0] + before[1] + 1);
    }),
    { numRuns: 500 * fuzzFactor() },
  );
  expect(channel.badMessages).toBeGreaterThan(400);
});
