/** A leg's video door: whatever comes through it, nothing throws, nothing grows, and counters tell. */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { legVideoStats } from '../../../mcu/control/video-schema.ts';
import { buildReport } from '../../../mcu/rtp/rtcp.ts';
import { buildFir, buildNack, buildPli, buildTmmbn, buildTmmbr } from '../../../mcu/video/rtcp-feedback.ts';
import { mutate, randomFrom } from '../../support/byte-mutator.ts';
import { fuzzFactor, fuzzSeed } from '../../support/fuzz-seed.ts';
import { madeFrame, packetsOf } from '../../support/made-video.ts';
import { devicePort, makeVideoLeg } from '../../support/video-leg.ts';

const strangerPort = 6666;

/** A caller in a room who sends and is sent H.264, VP8 and H.263. */
function makeLeg() {
  const made = makeVideoLeg({
    alternatives: [
      { codec: 'VP8', payloadType: 97 },
      { codec: 'H263', payloadType: 34 },
      { codec: 'H263-1998', payloadType: 98 },
    ],
  });
  const pass = (ms: number) => {
    vi.advanceTimersByTime(ms);
    made.leg.tick();
  };
  return { ...made, pass };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const codecs = ['H264', 'VP8', 'H263', 'H263-1998'] as const;
const payloadTypes = { H264: 96, VP8: 97, H263: 34, 'H263-1998': 98 };

/** What a device and its network could send, whole: packets of all codecs, other types, reports, feedback. */
function somePackets(ssrc: number, seed: number): Buffer[] {
  const random = randomFrom(seed);
  const codec = codecs[random(codecs.length)];
  const frames = [true, false, false].map((key, i) => madeFrame(codec, key, 100 + random(4000), i));
  const stream = { ssrc, payloadType: payloadTypes[codec], firstSequence: random(65_536) };
  const packets = packetsOf({ codec, packetizationMode: 1 }, frames, stream).flat();
  const strange = Buffer.from(packets[0]);
  strange[1] = random(128);
  const limit = { ssrc: random(2 ** 31), bitrate: random(2 ** 31), overhead: random(512) };
  return [
    ...packets,
    strange,
    buildPli(ssrc, random(2 ** 31)),
    buildFir(ssrc, random(2 ** 31), random(256)),
    buildNack(ssrc, random(2 ** 31), [1, 2, 900]),
    buildTmmbr(ssrc, limit),
    buildTmmbn(ssrc, [limit, limit]),
    buildReport({ ssrc, cname: 'x', sender: null, reception: null, bye: true }),
  ];
}

test('broken NAL units, wrong types, garbage, other sources: all is counted, nothing throws', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 12 }), async (seed, rounds) => {
      const random = randomFrom(seed);
      const { leg, rtp, rtcp, pictures, pass } = makeLeg();
      let sent = 0;
      for (let round = 0; round < rounds; round++) {
        const ssrc = 1 + random(3);
        for (const packet of somePackets(ssrc, random(2 ** 31))) {
          const bytes = random(3) === 0 ? mutate(packet, random) : packet;
          const port = random(20) === 0 ? strangerPort : devicePort;
          rtp.hear(Buffer.from(bytes), port);
          rtcp.hear(Buffer.from(bytes), port);
          sent++;
          if (random(8) === 0) pass(random(600));
        }
        // A viewer's packets meanwhile.
        for (const packet of packetsOf({ codec: 'H264' }, [madeFrame('H264', true, 900)], { ssrc: 5 })[0])
          pictures.viewers[0].onPacket?.(packet, true);
        await Promise.resolve();
      }
      const { stats } = leg;
      expect(legVideoStats.safeParse(stats).error).toBeUndefined();
      expect(stats?.received?.packets).toBeLessThanOrEqual(sent);
      expect(pictures.cameras[0].packets.length).toBeLessThanOrEqual(sent);
      for (const packet of pictures.cameras[0].packets) expect(packet[0]).toBe(0x80);
      leg.close();
      expect(pictures.viewers).toEqual([]);
      expect(pictures.cameras).toEqual([]);
    }),
    { numRuns: 60 * fuzzFactor() },
  );
});

test('pure noise is dropped and counted, and asks nobody for anything', () => {
  const { leg, rtp, rtcp, told, pass } = makeLeg();
  const random = randomFrom(fuzzSeed());
  for (let i = 0; i < 3000; i++) {
    const noise = Buffer.from(Array.from({ length: 1 + random(60) }, () => random(256)));
    // As if it was media (RFC 7983).
    noise[0] = 128 + random(64);
    rtp.hear(noise, devicePort);
    rtcp.hear(Buffer.from(noise), devicePort);
    if (i % 50 === 0) pass(250);
  }
  expect(leg.stats?.received?.malformed).toBeGreaterThan(1000);
  expect(rtp.sent + rtcp.sent).toBeLessThan(600);
  expect(told.asked).toBeLessThan(20);
  leg.close();
});

test('a flood of 4K video is passed on or dropped, never kept, and draws no flood back', async () => {
  const { leg, rtp, rtcp, pictures, told, pass } = makeLeg();
  const frames = Array.from({ length: 60 }, (_, i) => madeFrame('H264', i % 10 === 0, 250_000, i));
  let count = 0;
  for (const frame of packetsOf({ codec: 'H264', packetizationMode: 1 }, frames, { ssrc: 9 })) {
    // Every seventh is lost: a thousand gaps a second.
    for (const packet of frame) if (++count % 7 > 0) rtp.hear(packet, devicePort);
    pass(33);
    await Promise.resolve();
  }
  expect(count).toBeGreaterThan(12_000);
  const received = Math.ceil((count * 6) / 7);
  expect(leg.stats?.received?.packets).toBeGreaterThan(received - 2);
  expect(pictures.cameras[0].packets.length).toBeGreaterThan(received - 100);
  expect(told.room).toBeGreaterThan(received / 2);
  expect(rtp.sent).toBe(0);
  expect(rtcp.sent).toBeLessThan(3 * frames.length);
  leg.close();
});

test('a flood of requests draws half of what was sent and a burst, and no flood of key frames', () => {
  const { leg, rtp, rtcp, pictures, pass } = makeLeg();
  rtp.hear(packetsOf({ codec: 'H264' }, [madeFrame('H264', true, 500)], { ssrc: 9 })[0][0], devicePort);
  const sending: number[] = [];
  let [own, bytes] = [0, 0];
  const send = rtp.send.bind(rtp);
  rtp.send = (packet, port, address) => {
    own = packet.readUInt32BE(8);
    sending.push(packet.readUInt16BE(2));
    bytes += packet.length;
    send(packet, port, address);
  };
  for (const frame of packetsOf(
    { codec: 'H264' },
    Array.from({ length: 200 }, () => madeFrame('H264', false, 500)),
    { ssrc: 5 },
  )) {
    pictures.viewers[0].onPacket?.(frame[0], false);
    vi.advanceTimersByTime(1);
  }
  pass(10);
  const numbers = [...new Set(sending)];
  const asked = bytes;
  for (let i = 0; i < 1000; i++) {
    rtcp.hear(buildNack(9, own, numbers), 5005);
    rtcp.hear(buildPli(9, own), 5005);
    if (i % 10 === 0) pass(5);
  }
  expect(bytes).toBeGreaterThan(asked);
  expect(bytes).toBeLessThanOrEqual(1.5 * asked + 16 * 1024);
  expect(pictures.viewers[0].keyFramesRequested).toBeLessThanOrEqual(3);
  leg.close();
});
