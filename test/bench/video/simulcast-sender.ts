/**
 * A WebRTC camera with three simulcast layers, coded beforehand (RFC 8853: told apart by their rid). LiveKit's own
 * libraries would encode all three, for which nine of them need more machine than what is measured.
 */
import { randomInt, randomUUID } from 'node:crypto';
import {
  AddTrackRequest,
  SessionDescription,
  SignalTarget,
  TrackSource,
  TrackType,
  VideoLayer,
  VideoQuality,
} from '@livekit/protocol';
import { AccessToken } from 'livekit-server-sdk';
import { Video } from 'node-datachannel';
import type { Track } from 'node-datachannel';
import { peerOptions } from '../../../mcu/link/ice.ts';
import { Peer, trySend } from '../../../mcu/link/peer.ts';
import { RoomSession } from '../../../mcu/link/room-session.ts';
import { SenderReports } from '../../../mcu/link/rtcp.ts';
import { PAYLOAD_TYPES } from '../../../mcu/link/rtp.ts';
import { withoutCandidates } from '../../../mcu/link/sdp.ts';
import type { SignalMessage } from '../../../mcu/link/signalling.ts';
import { orAbort, waiter } from '../../../mcu/link/waits.ts';
import { parseFeedback } from '../../../mcu/video/rtcp-feedback.ts';
import type { LiveKit } from '../../support/livekit.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { ClipPlayer } from './clip-player.ts';
import { clipOf, fps, layers } from './clips.ts';
import type { BenchCodec, Picture } from './clips.ts';

const joinMs = 15_000;
const frameMs = 1000 / fps;
const reportEvery = fps;
const mid = '0';
const uris = {
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  rid: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
};
const ids = { mid: 4, rid: 10 };
const qualities = [VideoQuality.LOW, VideoQuality.MEDIUM, VideoQuality.HIGH];

export class SimulcastSender {
  /** Told of each frame as it leaves: its place in the clip, and when. */
  onFrame: ((index: number, atMs: number) => void) | null = null;
  keyFramesAsked = 0;
  readonly #session: RoomSession;
  readonly #peer: Peer;
  readonly #track: Track;
  readonly #cid: string;
  readonly #codec: BenchCodec;
  readonly #picture: Picture;
  readonly #ssrcs = layers.map(() => randomInt(1, 2 ** 32 - 1));
  readonly #answered = waiter<string>();
  readonly #published = waiter<undefined>();
  readonly #opened = waiter<undefined>();
  #players: ClipPlayer[] = [];
  #reports: SenderReports[] = [];
  #beat = randomInt(1_000_000);
  #nextMs = Infinity;

  private constructor(session: RoomSession, codec: BenchCodec, picture: Picture) {
    this.#session = session;
    this.#codec = codec;
    this.#picture = picture;
    this.#cid = `camera-${randomUUID()}`;
    this.#peer = new Peer(this.#cid, peerOptions(session.join, '127.0.0.1'), {
      // The SFU finds us by our own checks, see `PublisherPeer`.
      onCandidate: () => undefined,
      onFailed: () => this.#opened.reject(new Error('a sender could not connect')),
    });
    const line = new Video(mid, 'SendOnly');
    if (codec === 'VP8') line.addVP8Codec(PAYLOAD_TYPES.VP8);
    else
      line.addH264Codec(
        PAYLOAD_TYPES.H264,
        'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1',
      );
    line.parseSdpLine(`a=extmap:${ids.mid} ${uris.mid}`);
    line.parseSdpLine(`a=extmap:${ids.rid} ${uris.rid}`);
    // Feedback is handed over by the SSRC that it is for.
    for (const ssrc of this.#ssrcs) line.addSSRC(ssrc, this.#cid, this.#cid, this.#cid);
    this.#track = this.#peer.connection.addTrack(line);
    this.#track.onClosed(() => undefined);
    this.#track.onOpen(() => this.#opened.resolve(undefined));
    this.#track.onMessage((compound) => this.#hear(compound));
  }

  /** Joins a room and sends from then on, whenever `beat` is called. */
  static async join(
    livekit: LiveKit,
    who: { readonly identity: string; readonly room: string; readonly codec: BenchCodec },
    picture: Picture,
  ): Promise<SimulcastSender> {
    const token = new AccessToken(livekit.apiKey, livekit.apiSecret, { identity: who.identity });
    // Without a subscription it has one connection to look after.
    token.addGrant({ roomJoin: true, room: who.room, canPublish: true, canSubscribe: false });
    // Coding takes seconds in which nothing else is done: not while the SFU waits.
    for (const layer of layers) clipOf(picture, who.codec, layer);
    const signal = AbortSignal.timeout(joinMs);
    const access = { url: livekit.url, token: await token.toJwt() };
    const session = await RoomSession.join(access, { resumable: true, log: quietLog() }, signal);
    const sender = new SimulcastSender(session, who.codec, picture);
    try {
      await sender.#publish(signal);
      return sender;
    } catch (error) {
      await sender.close();
      throw error;
    }
  }

  /** To be called every few ms: sends what is due. */
  beat(nowMs: number): void {
    while (this.#nextMs <= nowMs) {
      this.#nextMs += frameMs;
      this.#beat++;
      const atMs = performance.now();
      let index = 0;
      for (const [i, player] of this.#players.entries()) {
        index = player.play(this.#beat);
        if (this.#beat % reportEvery === 0)
          trySend(this.#track, this.#reports[i].report(player.timestamp, Date.now()));
      }
      this.onFrame?.(index, atMs);
    }
  }

  /** The next frame comes so much later: whoever looks on meets all phases of it. */
  delay(ms: number): void {
    this.#nextMs += ms;
    this.#beat += Math.round(ms / frameMs);
  }

  async close(): Promise<void> {
    this.#nextMs = Infinity;
    this.#track.close();
    await Promise.all([this.#session.close(), this.#peer.close()]);
  }

  async #publish(signal: AbortSignal): Promise<void> {
    this.#session.listen({
      onMessage: (message) => this.#take(message),
      onResumed: () => undefined,
      onOver: ({ kind }) => this.#answered.reject(new Error(`a sender’s session is over: ${kind}`)),
    });
    this.#session.send({ case: 'addTrack', value: this.#announcement() });
    await orAbort(this.#published.promise, signal);
    const sdp = asSimulcast(withoutCandidates(this.#peer.describe('offer')));
    this.#session.send({ case: 'offer', value: new SessionDescription({ type: 'offer', sdp }) });
    const answer = await orAbort(this.#answered.promise, signal);
    this.#peer.acceptRemote(answer, 'answer');
    await orAbort(this.#opened.promise, signal);
    this.#play(answer);
  }

  #announcement(): AddTrackRequest {
    return new AddTrackRequest({
      cid: this.#cid,
      name: 'camera',
      type: TrackType.VIDEO,
      source: TrackSource.CAMERA,
      width: layers[2].width,
      height: layers[2].height,
      layers: layers.map(
        ({ width, height, bitrate }, i) => new VideoLayer({ width, height, bitrate, quality: qualities[i] }),
      ),
    });
  }

  #play(answer: string): void {
    const idOf = (uri: string, offered: number): number =>
      Number(new RegExp(`^a=extmap:(\\d+)\\S* ${uri}\\r?$`, 'm').exec(answer)?.[1] ?? offered);
    const [midId, ridId] = [idOf(uris.mid, ids.mid), idOf(uris.rid, ids.rid)];
    this.#players = layers.map((layer, i) => {
      // RFC 8285 §4.2: two elements of one character each fill one word.
      const extension = Buffer.from([
        0xbe,
        0xde,
        0,
        1,
        midId << 4,
        mid.charCodeAt(0),
        ridId << 4,
        layer.rid.charCodeAt(0),
      ]);
      return new ClipPlayer(clipOf(this.#picture, this.#codec, layer), {
        payloadType: PAYLOAD_TYPES[this.#codec],
        ssrc: this.#ssrcs[i],
        extension,
        send: (packet) => {
          this.#reports[i].count(packet.length - 20);
          trySend(this.#track, packet);
        },
      });
    });
    this.#reports = this.#ssrcs.map((ssrc) => new SenderReports(ssrc));
    this.#nextMs = performance.now() + Math.random() * frameMs;
  }

  #take(message: SignalMessage): void {
    if (message.case === 'answer') this.#answered.resolve(message.value.sdp);
    else if (message.case === 'trackPublished') this.#published.resolve(undefined);
    else if (message.case === 'trickle' && message.value.target === SignalTarget.PUBLISHER)
      this.#peer.addCandidate(message.value.candidateInit);
  }

  #hear(compound: Buffer): void {
    const wanted = (ssrc: number): void => {
      this.keyFramesAsked++;
      this.#players.find((player) => player.ssrc === ssrc)?.toKeyFrame();
    };
    parseFeedback(compound, {
      onPli: wanted,
      onFir: (_sender, ssrc) => wanted(ssrc),
      onNack: () => undefined,
      onTmmbr: () => undefined,
      onTmmbn: () => undefined,
    });
  }
}

/** Names the layers by rid in place of the SSRCs, as browsers do; libdatachannel has no word for it. */
function asSimulcast(offer: string): string {
  const rids = layers.map(({ rid }) => rid);
  const lines = [...rids.map((rid) => `a=rid:${rid} send`), `a=simulcast:send ${rids.join(';')}`, ''];
  const msid = /^a=msid:.*\r\n/m.test(offer) ? '' : msidOf(offer);
  return `${offer.replace(/^a=ssrc(?:-group)?:.*\r\n/gm, '')}${msid}${lines.join('\r\n')}`;
}

function msidOf(offer: string): string {
  const found = /^a=ssrc:\d+ msid:(.*)\r\n/m.exec(offer)?.[1];
  return found === undefined ? '' : `a=msid:${found}\r\n`;
}
