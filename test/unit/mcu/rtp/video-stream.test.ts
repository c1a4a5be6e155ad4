import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LegVideoConfig, PictureSize } from '../../../../mcu/ports.ts';
import { DeviceClock } from '../../../../mcu/rtp/capture-clock.ts';
import { buildReport } from '../../../../mcu/rtp/rtcp.ts';
import { VideoStream } from '../../../../mcu/rtp/video-stream.ts';
import { feedProfileFor } from '../../../../mcu/video/feed-profile.ts';
import {
  buildFir,
  buildNack,
  buildPli,
  buildTmmbn,
  buildTmmbr,
} from '../../../../mcu/video/rtcp-feedback.ts';
import { madeFrame, packetsOf } from '../../../support/made-video.ts';
import { FakeVideoTransport, noFeedback, videoConfig, viewOf } from '../../../support/video-peer.ts';

const device = 7;
let transport: FakeVideoTransport;
let stream: VideoStream;
let came: Buffer[];
let told: string[];
let keyFrames: (PictureSize | null)[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  transport = new FakeVideoTransport();
  [came, told, keyFrames] = [[], [], []];
  stream = new VideoStream(
    transport,
    {
      ...{ now: () => performance.now(), wallNow: () => 1_800_000_000_000 + performance.now() },
      ...{ cname: 'leg', clock: new DeviceClock().stream() },
    },
    {
      onVideo: (packet) => came.push(packet),
      onTakenOut: () => told.push('taken out'),
      onKeyFrame: (_codec, size) => keyFrames.push(size),
      onKeyFrameRequested: () => told.push('key frame requested'),
      onLimit: (bitrate) => told.push(`limit ${bitrate}`),
      onSignallingNeeded: () => told.push('signalling'),
    },
  );
});
afterEach(() => {
  stream.close();
  vi.useRealTimers();
});

function agree(changes: Partial<LegVideoConfig> = {}): void {
  const config = videoConfig(changes);
  stream.configure(config, feedProfileFor(config));
}
function receive(packets: readonly Buffer[]): void {
  for (const packet of packets) transport.receive(packet, performance.now());
}
/** What the device sends: `count` frames, the first a key frame. */
function video(count: number, ssrc = device): Buffer[][] {
  const frames = Array.from({ length: count }, (_, i) => madeFrame('H264', i === 0, 3000, i));
  return packetsOf({ codec: 'H264', packetizationMode: 1 }, frames, { ssrc, firstSequence: 65_530 });
}
/** What the device is sent. */
function show(count = 1): void {
  video(count, 99).forEach((frame, i) => {
    for (const packet of frame) stream.send(packet, i === 0);
  });
  vi.advanceTimersByTime(20);
}
function pass(ms: number, stepMs = 250): void {
  for (let at = 0; at < ms; at += stepMs) {
    vi.advanceTimersByTime(stepMs);
    stream.tick();
  }
}
const ownSsrc = () => viewOf(transport.packets[0]).ssrc;

test('the device’s packets come through in their own codec, and key frames tell their size', () => {
  agree();
  const frames = video(3);
  receive(frames.flat());
  expect(came.map((packet) => packet.subarray(12))).toEqual(
    frames.flat().map((packet) => packet.subarray(12)),
  );
  expect(keyFrames).toEqual([{ width: 1280, height: 720 }]);
  expect(stream.setsInBand).toBe(true);
  expect(stream.stats(0).received).toMatchObject({
    ...{ codec: 'H264', width: 1280, height: 720, packets: frames.flat().length },
    ...{ packetsLost: 0, keyFrames: 1, keyFramesAsked: 0, malformed: 0 },
  });
});

test('a stream that begins without a key frame is asked for one', () => {
  agree();
  receive(video(3).slice(1).flat());
  expect(transport.asked).toEqual(['pli']);
  pass(500);
  expect(transport.asked.filter((ask) => ask === 'pli')).toHaveLength(2);
  receive(video(1, device + 1).flat());
  pass(5000);
  expect(transport.asked.filter((ask) => ask === 'pli')).toHaveLength(2);
});

test('a device that sends nothing is not asked, however long; when it goes on it can be', () => {
  agree({ feedback: noFeedback });
  stream.requestKeyFrame();
  pass(20_000);
  expect(told).toEqual([]);
  receive(video(1).flat());
  stream.requestKeyFrame();
  expect(told).toEqual(['signalling']);
  pass(60_000);
  expect(told.length).toBeLessThan(4);
});

test('FIR numbers go on by one; devices without either are asked by signalling', () => {
  agree({ feedback: { ...noFeedback, fir: true } });
  receive(video(2).slice(1).flat());
  pass(500);
  expect(transport.asked).toEqual(['fir 0', 'fir 1']);
  agree({ feedback: noFeedback });
  pass(4000);
  expect(told).toContain('signalling');
});

test('missing packets are asked for while they are waited for, and not at all where no NACK was agreed', () => {
  agree();
  const [first, second] = video(2);
  receive([...first.slice(0, 1), ...first.slice(2), ...second]);
  const lost = viewOf(first[1]).sequence;
  pass(2000, 20);
  expect(transport.asked.filter((ask) => ask.startsWith('nack'))).toEqual(Array(4).fill(`nack ${lost}`));
  receive([first[1]]);
  expect(stream.stats(0).received?.packetsLost).toBe(0);
  agree({ feedback: { ...noFeedback, pli: true } });
  const asked = transport.asked.length;
  receive(video(3, device + 1).flatMap((frame, i) => (i === 1 ? [] : frame)));
  pass(2000);
  expect(transport.asked.length).toBe(asked);
});

test('a packet that was asked for again in a large picture comes through, hundreds of packets late', () => {
  agree();
  const [first, ...rest] = packetsOf(
    { codec: 'H264', packetizationMode: 1 },
    [madeFrame('H264', true, 400_000)],
    { ssrc: device },
  )[0];
  const late = rest[9];
  receive([first, ...rest.filter((packet) => packet !== late)]);
  expect(rest.length).toBeGreaterThan(300);
  receive([late]);
  expect(came).toHaveLength(rest.length + 1);
  expect(stream.stats(0).received?.packetsLost).toBe(0);
});

test('the device is told how much video the room needs until it has understood', () => {
  agree();
  receive(video(1).flat());
  pass(5000);
  const requests = () => transport.asked.filter((ask) => ask.startsWith('tmmbr'));
  expect(requests().length).toBeGreaterThan(1);
  expect(new Set(requests()).size).toBe(1);
  show();
  transport.report(buildTmmbn(device, [{ ssrc: ownSsrc(), bitrate: 1_500_000, overhead: 40 }]));
  const before = requests().length;
  pass(60_000);
  expect(requests()).toHaveLength(before);
});

test('two sources at once don’t take turns; a new one is a new stream', () => {
  agree();
  const [a, b] = [video(2), video(2, device + 1)];
  receive(a[0]);
  receive(b[0]);
  receive(a[1]);
  receive(b[1]);
  expect(came).toHaveLength(a[0].length + b.flat().length);
  expect(keyFrames).toHaveLength(2);
});

test('what the device must not send is taken out, and what it must not see is not sent', () => {
  agree({ direction: 'sendonly' });
  receive(video(1).flat());
  expect(came).toEqual([]);
  expect(told).toHaveLength(video(1).flat().length);
  show();
  expect(transport.packets.length).toBeGreaterThan(0);
  agree({ direction: 'recvonly' });
  transport.packets.length = 0;
  show();
  agree({ direction: 'inactive' });
  show();
  expect(transport.packets).toEqual([]);
});

test('PLI and FIR of the device become one request for a key frame in half a second', () => {
  agree();
  show();
  const pli = buildPli(device, ownSsrc());
  expect([transport.report(pli), transport.report(pli), transport.report(pli)]).toEqual([true, true, true]);
  expect(told).toEqual(['key frame requested']);
  pass(500);
  expect(told).toHaveLength(2);
  pass(1000);
  const fir = (command: number) => transport.report(buildFir(device, ownSsrc(), command));
  fir(4);
  pass(750);
  fir(4);
  expect(told).toHaveLength(3);
  fir(5);
  expect(told).toHaveLength(4);
  expect(stream.stats(0).sent?.keyFramesAsked).toBe(5);
});

test('what the device misses it gets again, and its limit is kept and confirmed', () => {
  agree();
  show();
  const { sequence } = viewOf(transport.packets[1]);
  transport.report(buildNack(device, ownSsrc(), [sequence]));
  expect(transport.again).toEqual([transport.packets[1]]);
  for (let bitrate = 300_000; bitrate <= 400_000; bitrate += 1000)
    transport.report(buildTmmbr(device, { ssrc: ownSsrc(), bitrate, overhead: 0 }));
  pass(250);
  // The last of however many.
  expect(told).toEqual(['limit 400000']);
  expect(transport.asked).toContain('tmmbn 400000');
  transport.report(buildTmmbr(device, { ssrc: 1, bitrate: 1000, overhead: 0 }));
  expect(told).toHaveLength(1);
});

test('reported loss makes the stream smaller', () => {
  agree();
  show();
  const report = (extendedHighest: number, fractionLost: number) =>
    buildReport({
      ...{ ssrc: device, cname: 'device', sender: null },
      reception: {
        ...{ ssrc: ownSsrc(), lost: 3, fractionLost, extendedHighest },
        ...{ jitter: 0, lastSr: 0, delaySinceLastSr: 0 },
      },
    });
  vi.advanceTimersByTime(3000);
  transport.report(report(1000, 0));
  transport.report(report(1400, 64));
  expect(told).toEqual([`limit ${1_500_000 * 0.75}`]);
  expect(stream.stats(0).sent?.lossPercent).toBeGreaterThan(0);
});

test('reports name the leg and tell timestamps on its clock', () => {
  agree();
  show(2);
  pass(10_000);
  const report = transport.rtcp.find((packet) => packet[1] === 200);
  expect(report?.includes('leg')).toBe(true);
  const rtpTimestamp = report?.readUInt32BE(16) ?? 0;
  const ntpMs =
    ((report?.readUInt32BE(8) ?? 0) - 2_208_988_800) * 1000 +
    ((report?.readUInt32BE(12) ?? 0) / 2 ** 32) * 1000;
  const sinceFrameMs =
    ((rtpTimestamp - viewOf(transport.packets.at(-1) ?? Buffer.alloc(0)).timestamp) >>> 0) / 90;
  expect(Math.abs(ntpMs - 1_800_000_000_000 - performance.now())).toBeLessThan(11_000);
  expect(sinceFrameMs).toBeGreaterThan(0);
  expect(sinceFrameMs).toBeLessThan(10_100);
});

test('another key is another stream, which begins with a key frame', () => {
  agree();
  show();
  const before = ownSsrc();
  stream.changeSsrc();
  expect(told).toEqual(['key frame requested']);
  transport.packets.length = 0;
  show();
  expect(ownSsrc()).not.toBe(before);
  // Reports count the new one alone (RFC 3550 §6.4.1); the call's figures count both.
  pass(10_000);
  const report = transport.rtcp.findLast((packet) => packet[1] === 200);
  expect([report?.readUInt32BE(4), report?.readUInt32BE(20)]).toEqual([ownSsrc(), transport.packets.length]);
  expect(stream.stats(0).sent?.packets).toBeGreaterThan(transport.packets.length);
});
