/** Bytes from anybody: RTP, RTCP and digits that are mutated, cut, doubled and made up never throw; counters tell. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { legStats } from '../../mcu/control/protocol.ts';
import { Mixing } from '../../mcu/engines/embedded/mixing.ts';
import { noFigures } from '../../mcu/quality/figures.ts';
import { DeviceClock } from '../../mcu/rtp/capture-clock.ts';
import { AudioStream } from '../../mcu/rtp/audio-stream.ts';
import { buildReport } from '../../mcu/rtp/rtcp.ts';
import { makeIdentity } from '../../mcu/dtls/identity.ts';
import { RtpTransport } from '../../mcu/rtp/transport.ts';
import type { VoipMetrics } from '../../mcu/quality/xr.ts';
import { deadPorts } from '../support/dead-socket.ts';

function seed(kind: number, sequence: number): Buffer {
  const header = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]);
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE((sequence * 160) >>> 0, 4);
  if (kind === 0) return Buffer.concat([header, Buffer.alloc(160, sequence)]);
  header[1] = 101;
  if (kind === 1) return Buffer.concat([header, Buffer.from([sequence % 18, 0x8a, 3, 0x20])]);
  header[0] = 0xb1;
  header[1] = 0;
  if (kind === 2)
    return Buffer.concat([
      header,
      Buffer.alloc(4),
      Buffer.from([0xbe, 0xde, 0, 1, 0x10, 0x7f, 0, 0]),
      Buffer.alloc(160),
      Buffer.from([0, 0, 0, 4]),
    ]);
  return buildReport({
    ssrc: 7,
    cname: 'fuzz',
    sender: { wallMs: sequence, rtpTimestamp: sequence, packets: 1, octets: 1 },
    reception: {
      ssrc: 1,
      fractionLost: 1,
      lost: 1,
      extendedHighest: 1,
      jitter: 1,
      lastSr: 1,
      delaySinceLastSr: 1,
    },
    voipMetrics: someMetrics,
    bye: true,
  });
}

const someMetrics: VoipMetrics = {
  ssrc: 1,
  lossPercent: 10,
  discardPercent: 1,
  burstLossPercent: 50,
  gapLossPercent: 1,
  burstMs: 100,
  gapMs: 1000,
  roundTripMs: 40,
  endSystemMs: 60,
  signalDb: -20,
  noiseDb: -60,
  echoReturnLossDb: 30,
  gmin: 16,
  rFactor: 70,
  mosLq: 3.5,
  mosCq: 3.4,
  playoutNominalMs: 40,
  playoutMostMs: 80,
  playoutLimitMs: 160,
};

interface Mutation {
  readonly kind: number;
  readonly flips: readonly [at: number, octet: number][];
  readonly cut: number;
  readonly tail: Uint8Array;
  readonly stranger: boolean;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.nat(3),
  flips: fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 4 }),
  cut: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(180) }),
  tail: fc.oneof(
    { weight: 3, arbitrary: fc.constant(new Uint8Array(0)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }) },
  ),
  stranger: fc.boolean(),
});

function mutate({ kind, flips, cut, tail }: Mutation, sequence: number): Buffer {
  const packet = Buffer.concat([seed(kind, sequence), tail]);
  for (const [at, octet] of flips) if (at < packet.length) packet[at] = octet;
  return packet.subarray(0, Math.max(0, packet.length - cut));
}

const identity = makeIdentity();

function makeStream() {
  let nowMs = 0;
  const { rtp, rtcp, pair } = deadPorts();
  const got = { audio: 0, taken: 0, digits: '' };
  const remote = { address: '127.0.0.1', rtpPort: 4000, rtcpPort: 4001 };
  const clocks = { now: () => nowMs, wallNow: () => 1_700_000_000_000 + nowMs, cname: 'fuzz' };
  const transport = new RtpTransport(
    pair,
    { silenceMs: 1000, identity, iceMode: 'full', ...clocks },
    {
      onPeer: () => undefined,
      onSilent: () => undefined,
      onHeard: () => undefined,
      onKeys: () => undefined,
      onCheckpoint: () => undefined,
      onFailed: () => undefined,
    },
  );
  const stream = new AudioStream(
    transport,
    { ...clocks, clock: new DeviceClock().stream() },
    {
      onAudio: (packet, view) => {
        // Whoever takes audio relies on a plain header and a payload.
        expect(packet[0]).toBe(0x80);
        expect(view.payloadStart).toBe(12);
        expect(view.payloadEnd).toBe(packet.length);
        expect(packet.length).toBeGreaterThan(12);
        got.audio++;
      },
      onTakenOut: () => got.taken++,
      onDigit: (digit) => (got.digits += digit),
      onPeerLoss: () => undefined,
      figures: () => noFigures,
    },
  );
  transport.connect({ remote, direction: 'sendrecv' });
  stream.configure({
    codec: 'PCMU',
    payloadType: 0,
    dtmfPayloadTypes: [101],
    ptimeMs: 20,
    remote,
    direction: 'sendrecv',
    voipMetrics: true,
  });
  return {
    stream,
    transport,
    got,
    feed: (packet: Buffer, stranger: boolean) => {
      nowMs += 20;
      const port = stranger ? 6666 : 4000;
      rtp.hear(Buffer.from(packet), port);
      rtcp.hear(packet, port);
      stream.tick();
      transport.tick();
    },
  };
}

test('a leg takes any bytes', () => {
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 60 }), (mutations) => {
      const { stream, transport, got, feed } = makeStream();
      feed(seed(0, 0), false);
      mutations.forEach((each, i) => feed(mutate(each, i + 1), each.stranger));
      const { dropped, packetsReceived, packetsLost, jitterMs } = stream.stats();
      for (const count of Object.values(dropped)) expect(count).toBeGreaterThanOrEqual(0);
      expect(got.audio + got.taken).toBeLessThanOrEqual(packetsReceived);
      expect(Number.isFinite(packetsLost)).toBe(true);
      expect(Number.isFinite(jitterMs)).toBe(true);
      expect(
        legStats.safeParse({ ...stream.stats(), publishedCodec: null, video: null }).error,
      ).toBeUndefined();
      stream.close();
      transport.close();
    }),
    { numRuns: 300 },
  );
});

test('pure noise is dropped and counted', () => {
  const { stream, got, feed } = makeStream();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      feed(Buffer.from(noise), true);
    }),
    { numRuns: 500 },
  );
  const { dropped } = stream.stats();
  expect(dropped.malformed).toBeGreaterThan(300);
  expect(got.digits).toBe('');
});

test('a flood of presses is cut off and counted', () => {
  const { stream, got, feed } = makeStream();
  for (let i = 0; i < 2000; i++) feed(seed(1, i * 10), false);
  expect(stream.stats().dropped.digitFlood).toBeGreaterThan(500);
  expect(got.digits.length).toBeLessThan(700);
});

test('an engine takes any bytes', () => {
  const codecs = ['PCMU', 'PCMA', 'G722', 'opus'] as const;
  fc.assert(
    fc.property(fc.constantFrom(...codecs), fc.array(mutation, { maxLength: 60 }), (codec, mutations) => {
      const mixing = new Mixing({
        onPacket: (packet) => expect(packet.length).toBeGreaterThan(12),
        onPlayed: () => undefined,
      });
      const alternatives = codecs.map((each, i) => ({ codec: each, payloadType: 100 + i }));
      mixing.open({ ssrc: 7, codec, payloadType: 0, alternatives, role: 'leg' });
      mixing.open({ ssrc: 8, codec, payloadType: 0, role: 'leg' });
      mixing.member(7)?.setVoiceBack('opus');
      mixing.member(8)?.setVoiceBack('PCMU');
      mixing.join(7, 'a');
      mixing.join(8, 'a');
      mutations.forEach((each, i) => {
        mixing.write(mutate(each, i));
        if (i % 2 === 0) mixing.tick();
      });
    }),
    { numRuns: 100 },
  );
});
