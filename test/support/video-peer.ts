/** A device's end of a video stream in unit tests: no sockets, all that is sent to it kept, time as the test says. */
import type { LegVideoConfig, VideoFeedback } from '../../mcu/ports.ts';
import { newRtpView, parseRtp } from '../../mcu/rtp/packet.ts';
import type { RtpView } from '../../mcu/rtp/packet.ts';
import type { MediaSink } from '../../mcu/rtp/transport.ts';
import type { AudioTransport } from '../../mcu/rtp/audio-stream.ts';
import type { VideoTransport } from '../../mcu/rtp/video-stream.ts';
import { parseFeedback } from '../../mcu/video/rtcp-feedback.ts';

export const allFeedback: VideoFeedback = { nack: true, pli: true, fir: true, tmmbr: true };
export const noFeedback: VideoFeedback = { nack: false, pli: false, fir: false, tmmbr: false };

/** What offer and answer settle with a room system that sends and takes 720p. */
export function videoConfig(changes: Partial<LegVideoConfig> = {}): LegVideoConfig {
  return {
    codec: 'H264',
    payloadType: 96,
    h264: {
      profile: 'constrained-baseline',
      level: 31,
      packetizationMode: 1,
      maxFrameMacroblocks: 3600,
      maxMacroblocksPerSecond: 108_000,
      maxBitrate: 14_000_000,
    },
    feedback: allFeedback,
    maxBitrate: 4_000_000,
    remote: { address: '127.0.0.1', rtpPort: 5004, rtcpPort: 5005 },
    direction: 'sendrecv',
    ...changes,
  };
}

/** What a device reads of an RTCP packet, in words. */
export function feedbackOf(packet: Buffer): string[] {
  const said: string[] = [];
  const whole = parseFeedback(packet, {
    onPli: () => said.push('pli'),
    onFir: (_sender, _media, command) => said.push(`fir ${command}`),
    onNack: (_media, sequence) => said.push(`nack ${sequence}`),
    onTmmbr: (_sender, { bitrate }) => said.push(`tmmbr ${bitrate}`),
    onTmmbn: (_sender, { bitrate }) => said.push(`tmmbn ${bitrate}`),
  });
  return whole ? said : ['malformed'];
}

/** Instead of a transport. */
export class FakeVideoTransport implements VideoTransport, AudioTransport {
  open = true;
  readonly encryption = 'none';
  /** What was sent, as it was when it was sent. */
  readonly packets: Buffer[] = [];
  readonly again: Buffer[] = [];
  readonly rtcp: Buffer[] = [];
  readonly dropped = { stranger: 0, malformed: 0, payloadType: 0, unauthentic: 0, replayed: 0 };
  #sink: MediaSink | null = null;

  deliverTo(sink: MediaSink): void {
    this.#sink = sink;
  }

  sendRtp(packet: Buffer): Buffer {
    this.packets.push(Buffer.from(packet));
    return packet;
  }

  resendRtp(wire: Buffer): void {
    this.again.push(Buffer.from(wire));
  }

  sendRtcp(packet: Buffer): void {
    this.rtcp.push(packet);
  }

  /** All that RTCP asked for so far. */
  get asked(): string[] {
    return this.rtcp.flatMap(feedbackOf);
  }

  /** A packet of the device's. */
  receive(packet: Buffer, nowMs: number): void {
    const view = newRtpView();
    const copy = Buffer.from(packet);
    if (!parseRtp(copy, view) || this.#sink?.takes(view.payloadType) !== true) return;
    this.#sink.onRtp(copy, view, nowMs);
  }

  /** RTCP of the device's; false: it was malformed. */
  report(packet: Buffer): boolean {
    return this.#sink?.onRtcp(packet) === true;
  }
}

export function viewOf(packet: Buffer): RtpView {
  const view = newRtpView();
  if (!parseRtp(packet, view)) throw new Error('no RTP');
  return view;
}
