/** A device's sound and picture, as far as its own reports say, on their way into the room, and ours on their way to it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PublishedCamera } from '../../../../mcu/link/published-camera.ts';
import { AudioStream } from '../../../../mcu/rtp/audio-stream.ts';
import { DeviceClock } from '../../../../mcu/rtp/capture-clock.ts';
import { newRtpPacket } from '../../../../mcu/rtp/packet.ts';
import { buildReport } from '../../../../mcu/rtp/rtcp.ts';
import { VideoStream } from '../../../../mcu/rtp/video-stream.ts';
import { feedProfileFor } from '../../../../mcu/video/feed-profile.ts';
import { noFigures } from '../../../../mcu/quality/figures.ts';
import { madeFrame, packetsOf } from '../../../support/made-video.ts';
import { FakeVideoTransport, videoConfig, viewOf } from '../../../support/video-peer.ts';

const startMs = 1_800_000_000_000;
/** The device's own clock is hours off. */
const deviceEpochMs = 1_750_000_000_000;
const [soundSsrc, videoSsrc] = [11, 12];
const [soundBase, videoBase] = [4_294_960_000, 123_456];
const frameMs = 40;
/** How long the device and its network take: a picture is encoded first. */
const [soundTakesMs, pictureTakesMs] = [30, 190];

let soundWay: FakeVideoTransport;
let videoWay: FakeVideoTransport;
let sound: AudioStream;
let video: VideoStream;
/** When what came was taken in by our reckoning, by when it was taken in by the device. */
let heard: Map<number, number>;
let seen: Map<number, number>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'], now: startMs });
  const device = new DeviceClock();
  const clocks = { now: () => performance.now(), wallNow: () => Date.now(), cname: 'leg' };
  [soundWay, videoWay] = [new FakeVideoTransport(), new FakeVideoTransport()];
  heard = new Map<number, number>();
  seen = new Map<number, number>();
  const nothing = () => undefined;
  sound = new AudioStream(
    soundWay,
    { ...clocks, clock: device.stream() },
    {
      onAudio: (_packet, view, _codec, capturedMs) =>
        heard.set(((view.timestamp - soundBase) | 0) / 8, capturedMs),
      ...{ onTakenOut: nothing, onDigit: nothing, onPeerLoss: nothing, figures: () => noFigures },
    },
  );
  video = new VideoStream(
    videoWay,
    { ...clocks, clock: device.stream() },
    {
      onVideo: (_packet, view, _codec, capturedMs) =>
        seen.set(((view.timestamp - videoBase) | 0) / 90, capturedMs),
      ...{ onTakenOut: nothing, onKeyFrame: nothing, onKeyFrameRequested: nothing },
      ...{ onLimit: nothing, onSignallingNeeded: nothing },
    },
  );
  const config = videoConfig();
  sound.configure({
    ...{ codec: 'PCMU', payloadType: 0, dtmfPayloadTypes: [], ptimeMs: 20 },
    ...{ remote: config.remote, direction: 'sendrecv' },
  });
  video.configure(config, feedProfileFor(config));
});
afterEach(() => {
  sound.close();
  video.close();
  vi.useRealTimers();
});

const soundTimestamp = (ms: number) => (soundBase + ms * 8) >>> 0;
const videoTimestamp = (ms: number) => (videoBase + ms * 90) >>> 0;

/** What the device took in at `ms` of its call comes, after its time. */
function soundComes(ms: number): void {
  const packet = newRtpPacket(160, 0, soundSsrc);
  packet.writeUInt16BE((ms / 20) & 0xffff, 2);
  packet.writeUInt32BE(soundTimestamp(ms), 4);
  soundWay.receive(packet, performance.now());
}
function pictureComes(ms: number): void {
  const stream = {
    ...{ ssrc: videoSsrc, payloadType: 96, firstSequence: (ms / frameMs) * 2 },
    firstTimestamp: videoTimestamp(ms),
  };
  const frame = madeFrame('H264', false, 900);
  for (const packet of packetsOf({ codec: 'H264', packetizationMode: 1 }, [frame], stream)[0])
    videoWay.receive(packet, performance.now());
}
function reportsCome(ms: number): void {
  const said = { cname: 'device', reception: null };
  const sender = (rtpTimestamp: number) => ({
    ...{ wallMs: deviceEpochMs + ms, rtpTimestamp, packets: 1, octets: 1 },
  });
  soundWay.report(buildReport({ ...said, ssrc: soundSsrc, sender: sender(soundTimestamp(ms)) }));
  videoWay.report(buildReport({ ...said, ssrc: videoSsrc, sender: sender(videoTimestamp(ms)) }));
}

/** `ms` of a call of which sound and pictures come. `reporting`: the device tells its clock every second. */
function call(fromMs: number, ms: number, reporting: boolean): void {
  for (let at = fromMs; at < fromMs + ms; at += 10) {
    if (reporting && at % 1000 === 500) reportsCome(at);
    const [soundMs, pictureMs] = [at - soundTakesMs, at - pictureTakesMs];
    if (soundMs >= 0 && soundMs % 20 === 0) soundComes(soundMs);
    if (pictureMs >= 0 && pictureMs % frameMs === 0) pictureComes(pictureMs);
    vi.advanceTimersByTime(10);
  }
}
/** How much later pictures than sound of the same moment count as taken in. */
function apartMs(fromMs: number, toMs: number): number[] {
  const apart = new Set<number>();
  for (let at = fromMs; at < toMs; at += frameMs)
    apart.add(Math.round((seen.get(at) ?? NaN) - (heard.get(at) ?? NaN)));
  return [...apart];
}

test('a device that reports has its pictures shown with the sound of the same moment', () => {
  call(0, 4000, true);
  expect(apartMs(1000, 3600)).toEqual([0]);
  // Not in the future, and not long ago.
  const lagMs = startMs + 3000 + soundTakesMs - (heard.get(3000) ?? NaN);
  expect(lagMs).toBeGreaterThanOrEqual(0);
  expect(lagMs).toBeLessThan(20);
});

test('a device that reports nothing has them as they come', () => {
  call(0, 4000, false);
  expect(apartMs(1000, 3600)).toEqual([pictureTakesMs - soundTakesMs]);
});

test('the room’s reports of a camera tie timestamps to when pictures were taken', () => {
  const sent: Buffer[] = [];
  const nothing = () => undefined;
  const camera = new PublishedCamera(
    {
      ...{ codec: 'H264', trackName: 'camera', width: 1280, height: 720 },
      ...{ onKeyFrameWanted: nothing, onMuted: nothing },
    },
    () => Promise.resolve(),
  );
  camera.use({
    sendCamera: (out) => void sent.push(Buffer.from(out)),
    tellMuted: nothing,
    tellSize: nothing,
  });
  for (let i = 0; i < 100; i++) {
    const stream = { firstTimestamp: 5000 + i * 3600, firstSequence: i };
    const [packet] = packetsOf({ codec: 'H264' }, [madeFrame('H264', false, 100)], stream)[0];
    vi.advanceTimersByTime(40);
    // Encoding takes more time when much moves.
    camera.write(packet, Date.now() - 150 - (i % 7));
  }
  const reports = sent.filter((packet) => packet[1] === 200).map(readReport);
  expect(reports.length).toBeGreaterThan(3);
  for (const { wallMs, timestamp } of reports) {
    const frame = (timestamp - 5000) / 3600;
    expect(wallMs).toBeCloseTo(startMs + (frame + 1) * 40 - 150 - (frame % 7), 0);
  }
});

test('what goes to the device is on one clock: sound and pictures that leave together belong together', () => {
  const frames = packetsOf(
    { codec: 'H264' },
    Array.from({ length: 400 }, () => madeFrame('H264', false, 100)),
    { ssrc: 5, firstTimestamp: 99 },
  ).flat();
  for (let at = 0; at < 12_000; at += 20) {
    const packet = newRtpPacket(160, 0, 3);
    packet.writeUInt32BE(at * 8, 4);
    sound.send(packet, at * 8);
    const frame = at % 40 === 0 ? frames.shift() : undefined;
    frame?.writeUInt32BE(99 + at * 90, 4);
    if (frame) video.send(frame, false);
    vi.advanceTimersByTime(20);
    if (at % 240 === 0) {
      sound.tick();
      video.tick();
    }
  }
  const left = (way: FakeVideoTransport, ticksPerMs: number) => {
    const report = way.rtcp.findLast((packet) => packet[1] === 200);
    const { wallMs, timestamp } = readReport(report ?? Buffer.alloc(28));
    const first = viewOf(way.packets[0]).timestamp;
    return wallMs - ((timestamp - first) >>> 0) / ticksPerMs - startMs;
  };
  expect(left(soundWay, 8)).toBeCloseTo(0, 0);
  expect(left(videoWay, 90)).toBeCloseTo(0, 0);
});

function readReport(packet: Buffer): { wallMs: number; timestamp: number } {
  const seconds = packet.readUInt32BE(8) - 2_208_988_800;
  return {
    wallMs: seconds * 1000 + (packet.readUInt32BE(12) * 1000) / 2 ** 32,
    timestamp: packet.readUInt32BE(16),
  };
}
