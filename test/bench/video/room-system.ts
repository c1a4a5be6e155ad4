import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { buildPli, parseFeedback } from '../../../mcu/video/rtcp-feedback.ts';
import type { CallVideo } from '../callers.ts';
import { ClipPlayer } from './clip-player.ts';
import { fps } from './clips.ts';
import type { Clip } from './clips.ts';

export const devicePayloadType = 97;
const frameMs = 1000 / fps;
const pauseMs = 100;

/** Video as one device got it since the last `forget`. */
export interface SeenFrames {
  readonly packets: number;
  /** Sequence numbers that never came. */
  readonly lost: number;
  readonly frames: number;
  /** Times that no frame ended for more than 100 ms. */
  readonly pauses: number;
}

/** A room system's main video: sends a clip, a key frame when it is asked for one, and counts what comes. */
export class RoomSystemVideo implements CallVideo {
  keyFramesAsked = 0;
  declined = false;
  /** Told of each frame as it leaves: its place in the clip, and when. */
  onFrame: ((index: number, atMs: number) => void) | null = null;
  /** For a closer look; the packet is lent. */
  onPacket: ((packet: Buffer, atMs: number) => void) | null = null;
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  readonly #sends: boolean;
  readonly #player: ClipPlayer;
  readonly #seen = { packets: 0, lost: 0, frames: 0, pauses: 0 };
  #beat = Math.floor(Math.random() * 1_000_000);
  #nextMs = Infinity;
  #newest = -1;
  #endedMs = Infinity;
  #remoteSsrc = 0;

  private constructor(rtp: Socket, rtcp: Socket, clip: Clip, sends: boolean) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.#sends = sends;
    this.#player = new ClipPlayer(clip, {
      payloadType: devicePayloadType,
      ssrc: Math.floor(Math.random() * 2 ** 32),
      send: (packet) => rtp.send(Buffer.from(packet)),
    });
    rtp.on('message', (packet) => this.#take(packet));
    rtcp.on('message', (compound) => this.#hear(compound));
    // A gateway that has closed its port already.
    for (const socket of [rtp, rtcp]) socket.on('error', () => undefined);
  }

  /** `sends`: false for one that only looks on. */
  static async open(clip: Clip, sends: boolean): Promise<RoomSystemVideo> {
    return new RoomSystemVideo(await openSocket(), await openSocket(), clip, sends);
  }

  /** As a room system of 720p30 offers it. */
  get offerLines(): readonly string[] {
    return [
      `m=video ${this.#rtp.address().port} RTP/AVP ${devicePayloadType}`,
      'b=TIAS:2000000',
      `a=rtcp:${this.#rtcp.address().port}`,
      `a=rtpmap:${devicePayloadType} H264/90000`,
      `a=fmtp:${devicePayloadType} profile-level-id=42e01f;packetization-mode=1;max-mbps=108000;max-fs=3600`,
      `a=rtcp-fb:${devicePayloadType} nack pli`,
      `a=rtcp-fb:${devicePayloadType} ccm fir`,
      'a=content:main',
      this.#sends ? 'a=sendrecv' : 'a=recvonly',
    ];
  }

  /** Sends from now on, unless the answer has no video. */
  async answered(sdp: string): Promise<void> {
    const section = /m=video (\d+)([\s\S]*)/.exec(sdp);
    const port = Number(section?.[1] ?? 0);
    this.declined = port === 0;
    if (this.declined) return;
    const reportPort = Number(/^a=rtcp:(\d+)/m.exec(section?.[2] ?? '')?.[1] ?? port + 1);
    this.#rtp.connect(port, '127.0.0.1');
    this.#rtcp.connect(reportPort, '127.0.0.1');
    await Promise.all([once(this.#rtp, 'connect'), once(this.#rtcp, 'connect')]);
    if (this.#sends) this.#nextMs = performance.now() + Math.random() * frameMs;
  }

  beat(nowMs: number): void {
    while (this.#nextMs <= nowMs) {
      this.#nextMs += frameMs;
      const atMs = performance.now();
      const index = this.#player.play(++this.#beat);
      this.onFrame?.(index, atMs);
    }
  }

  /** The next frame comes so much later: whoever looks on meets all phases of it. */
  delay(ms: number): void {
    this.#nextMs += ms;
    this.#beat += Math.round(ms / frameMs);
  }

  requestKeyFrame(): void {
    this.#rtcp.send(buildPli(this.#player.ssrc, this.#remoteSsrc));
  }

  seen(): SeenFrames {
    return { ...this.#seen };
  }

  forget(): void {
    Object.assign(this.#seen, { packets: 0, lost: 0, frames: 0, pauses: 0 });
    this.#newest = -1;
    this.#endedMs = Infinity;
  }

  stop(): void {
    this.#nextMs = Infinity;
  }

  close(): void {
    this.stop();
    this.#rtp.close();
    this.#rtcp.close();
  }

  #take(packet: Buffer): void {
    if (packet.length < 12) return;
    const nowMs = performance.now();
    const sequence = packet.readUInt16BE(2);
    const step = this.#newest < 0 ? 1 : ((sequence - this.#newest) << 16) >> 16;
    // One that comes late was counted as lost before.
    this.#seen.lost += step > 0 ? step - 1 : -1;
    if (step > 0) this.#newest = sequence;
    this.#remoteSsrc = packet.readUInt32BE(8);
    this.#seen.packets++;
    if ((packet[1] & 0x80) !== 0) {
      this.#seen.frames++;
      if (nowMs - this.#endedMs > pauseMs) this.#seen.pauses++;
      this.#endedMs = nowMs;
    }
    this.onPacket?.(packet, nowMs);
  }

  #hear(compound: Buffer): void {
    const wanted = (): void => {
      this.keyFramesAsked++;
      this.#player.toKeyFrame();
    };
    parseFeedback(compound, {
      onPli: wanted,
      onFir: wanted,
      onNack: () => undefined,
      onTmmbr: () => undefined,
      onTmmbn: () => undefined,
    });
  }
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20, sendBufferSize: 1 << 20 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}
