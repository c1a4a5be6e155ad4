/** Video's payload formats against FFmpeg's: its packets into our assembler, ours into its depacketizers and decoders. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, expect, it } from 'vitest';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import type { VideoCodec } from '../../mcu/ports/video.ts';
import { codedVideo, ffmpegMissing, framesOf, videoArguments } from '../support/coded-video.ts';
import { assembling, frameTicks, packetsOf, prints } from '../support/made-video.ts';
import { randomFrom } from '../support/byte-mutator.ts';
import { describeWith } from '../support/needs.ts';
import { until } from '../support/until.ts';

interface Way {
  readonly name: string;
  readonly codec: VideoCodec;
  /** For the encoder. */
  readonly more?: readonly string[];
  readonly size?: string;
  /** Frames from one key frame to the next. */
  readonly gop?: number;
  readonly packetizationMode?: 0 | 1;
  /** For FFmpeg's RTP. */
  readonly rtpFlags?: string;
}

const slices = ['-x264-params', 'slice-max-size=1180'];

describeWith([ffmpegMissing], 'video over RTP with FFmpeg', () => {
  const folder = mkdtempSync(join(tmpdir(), 'video-rtp-'));
  const open: (() => void)[] = [];
  afterEach(() => {
    for (const close of open.splice(0).reverse()) close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function ffmpeg(args: readonly string[]): { process: ChildProcess; output: () => string } {
    const process = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', ...args]);
    open.push(() => process.kill('SIGKILL'));
    let output = '';
    process.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return { process, output: () => output };
  }

  async function socket(): Promise<Socket> {
    const one = createSocket('udp4');
    open.push(() => one.close());
    await new Promise<void>((resolve) => one.bind(0, '127.0.0.1', resolve));
    return one;
  }

  const theirWays: readonly Way[] = [
    { name: 'H.264, single NAL units', codec: 'H264', more: slices, rtpFlags: 'h264_mode0' },
    { name: 'H.264, STAP-A and FU-A', codec: 'H264' },
    {
      name: 'H.264 High, 720p',
      codec: 'H264',
      size: '1280x720',
      more: ['-preset', 'veryfast', '-bf', '0', '-profile:v', 'high'],
    },
    { name: 'VP8', codec: 'VP8' },
    { name: 'H.263 by RFC 2190, cut at GOBs', codec: 'H263', rtpFlags: 'rfc2190' },
    // Intra only: FFmpeg 5.1 writes negative motion vectors over the rest of its mode B headers.
    {
      name: 'H.263 by RFC 2190, cut within GOBs and bytes',
      codec: 'H263',
      gop: 1,
      more: ['-mb_info', '300', '-ps', '0'],
      rtpFlags: 'rfc2190',
    },
    { name: 'H.263+ by RFC 4629', codec: 'H263-1998' },
  ];

  it.each(theirWays)('reads what FFmpeg sends: $name', async (way) => {
    const { codec, more, size, gop = 15, rtpFlags = '0' } = way;

    const receiver = await socket();
    const { assembler, frames } = assembling(codec);
    receiver.on('message', (packet) => assembler.write(packet, performance.now()));
    const file = join(folder, 'sent');
    const { format, args } = videoArguments(codec, { more, size, gop, seconds: 1 });
    const rtp = `[f=rtp:payload_type=96:rtpflags=skip_rtcp+${rtpFlags}]rtp://127.0.0.1:${receiver.address().port}?pkt_size=1200`;
    const { process } = ffmpeg(['-re', ...args, '-map', '0:v', '-f', 'tee', `[f=${format}]${file}|${rtp}`]);
    await once(process, 'exit');
    const sent = framesOf(codec, readFileSync(file));
    expect(sent).toHaveLength(30);
    await until('the last frame', () => frames.length === 30);
    expect(prints(frames)).toEqual(prints(sent));
    expect(frames.filter((frame) => frame.keyFrame)).toHaveLength(30 / gop);
    const [width, height] = (size ?? '352x288').split('x').map(Number);
    expect(frames[0].size).toEqual({ width, height });
    expect(assembler.figures()).toMatchObject({ packetsLost: 0, malformed: 0, framesDropped: 0 });
  });

  const ourWays: readonly (Way & { readonly rtpmap: string; readonly fmtp?: string })[] = [
    {
      name: 'H.264, mode 0',
      codec: 'H264',
      more: slices,
      packetizationMode: 0,
      rtpmap: 'H264/90000',
      fmtp: 'packetization-mode=0',
    },
    {
      name: 'H.264, mode 1',
      codec: 'H264',
      packetizationMode: 1,
      rtpmap: 'H264/90000',
      fmtp: 'packetization-mode=1',
    },
    {
      name: 'H.264, mode 1, 720p',
      codec: 'H264',
      size: '1280x720',
      packetizationMode: 1,
      rtpmap: 'H264/90000',
      fmtp: 'packetization-mode=1',
    },
    { name: 'VP8', codec: 'VP8', rtpmap: 'VP8/90000' },
    { name: 'H.263+', codec: 'H263-1998', rtpmap: 'H263-1998/90000' },
    { name: 'H.263', codec: 'H263', rtpmap: 'H263/90000' },
  ];

  it.each(ourWays)('sends what FFmpeg decodes: $name', async (way) => {
    const { codec, more, size, rtpmap, fmtp, packetizationMode } = way;
    const video = codedVideo(codec, { more, size });
    const payloadType = codec === 'H263' ? 34 : 96;
    const packets = packetsOf({ codec, packetizationMode }, video.frames, {
      payloadType,
      firstSequence: 65_500,
    });
    const port = await freePort('127.0.0.1');
    const sdp = [
      ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
      `m=video ${port} RTP/AVP ${payloadType}`,
      `a=rtpmap:${payloadType} ${rtpmap}`,
      ...(fmtp === undefined ? [] : [`a=fmtp:${payloadType} ${fmtp}`]),
    ];
    const file = join(folder, 'ours.sdp');
    writeFileSync(file, sdp.join('\r\n') + '\r\n');
    // Its parsers give a frame when the next one has begun.
    const wanted = video.frames.length - 5;
    const { process, output } = ffmpeg([
      ...['-protocol_whitelist', 'file,udp,rtp', '-flags', 'low_delay', '-threads', '1', '-i', file],
      ...['-fps_mode', 'passthrough', '-frames:v', String(wanted), '-f', 'framemd5', '-'],
    ]);
    const exited = once(process, 'exit');
    const sender = await socket();
    await listening(sender, port);
    for (const packet of packets.flat()) {
      sender.send(packet);
      await sleep(2);
    }
    await exited;
    const pictures = decodedFrom(video.frames, codec, wanted);
    expect(pictures).toHaveLength(wanted);
    expect(decoded(output())).toEqual(pictures);
  });

  it.each(ourWays)(
    'gives after losses only what can be decoded without a fault: $name',
    ({ codec, ...way }) => {
      const video = codedVideo(codec, { ...way, seconds: 4 });
      const random = randomFrom(7);
      const { assembler, frames } = assembling(codec);
      packetsOf({ codec, ...way }, video.frames).forEach((packets, i) => {
        for (const packet of packets) if (random(40) > 0) assembler.write(packet, i * 33);
        assembler.advance(i * 33 + 32);
      });
      assembler.advance(10_000);
      expect(frames.length).toBeGreaterThan(20);
      expect(frames.length).toBeLessThan(video.frames.length - 20);
      const source = decodedFrom(video.frames, codec, video.frames.length);
      const pictures = decodedFrom(
        frames.map((frame) => frame.data),
        codec,
        frames.length,
      );
      expect(pictures).toEqual(frames.map((frame) => source[frame.timestamp / frameTicks]));
    },
  );

  /** Connects to a port of loopback as soon as somebody listens there: until then, what is sent there is refused. */
  async function listening(sender: Socket, port: number): Promise<void> {
    sender.connect(port, '127.0.0.1');
    await once(sender, 'connect');
    let refused = true;
    sender.on('error', () => (refused = true));
    await until('FFmpeg to listen', async () => {
      if (!refused) return true;
      refused = false;
      sender.send(Buffer.from('?'));
      await sleep(30);
      return !refused;
    });
  }

  /** The same frames from a file. */
  function decodedFrom(frames: readonly Buffer[], codec: VideoCodec, wanted: number): string[] {
    const { format } = videoArguments(codec, {});
    const file = join(folder, `source.${format}`);
    writeFileSync(file, codec === 'VP8' ? ivfOf(frames) : Buffer.concat(frames));
    const { stdout } = spawnSync('ffmpeg', [
      ...['-hide_banner', '-loglevel', 'error', '-f', format, '-i', file],
      ...['-fps_mode', 'passthrough', '-frames:v', String(wanted), '-f', 'framemd5', '-'],
    ]);
    return decoded(stdout.toString());
  }
});

/** The pictures' sums alone. */
function decoded(framemd5: string): string[] {
  return framemd5
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)?.trim() ?? '');
}

function ivfOf(frames: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(32);
  header.write('DKIF', 0, 'latin1');
  header.writeUInt16LE(32, 6);
  header.write('VP80', 8, 'latin1');
  header.writeUInt16LE(352, 12);
  header.writeUInt16LE(288, 14);
  header.writeUInt32LE(30, 16);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(frames.length, 24);
  const chunks = frames.flatMap((frame, i) => {
    const before = Buffer.alloc(12);
    before.writeUInt32LE(frame.length, 0);
    before.writeUInt32LE(i, 4);
    return [before, frame];
  });
  return Buffer.concat([header, ...chunks]);
}
