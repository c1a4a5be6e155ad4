/** The peer connection that sends one audio track, and a video track when asked. */
import { Audio, type Track, Video } from 'node-datachannel';
import type { RoomCodec, RoomVideoCodec } from '../ports.ts';
import type { Candidate, PeerOptions } from './ice.ts';
import { Peer, type PeerHandlers, trySend } from './peer.ts';
import { PAYLOAD_TYPES } from './rtp.ts';
import { type ExtensionIds, extensionIds, withoutCandidates } from './sdp.ts';
import { orAbort, waiter } from './waits.ts';

/** The m-lines; `RtpRewriter` writes them into the mid extension. */
export const MIDS = { voice: '0', camera: '1' } as const;
/**
 * RFC 6184 §8.1. What a device sends is passed on as it is, whatever its profile; this is what each browser takes, and
 * their decoders look at the parameter sets instead.
 */
const H264_FORMAT = 'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1';
/**
 * How long the SFU has to find us by our own checks, as a peer-reflexive candidate (RFC 8445 §7.3.1.3), before it is told
 * where we are. Telling at once has it check as well: a check of ours that crosses one of its is begun anew 50 ms later,
 * and one of its own that comes too early only 200 ms later, which held up one join in twenty.
 */
const FOUND_WITHIN_MS = 200;

const MID_EXTENSION = 'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid';

export interface PublisherHandlers extends PeerHandlers {
  /** RTCP of the SFU on what it gets of us; on the packet path. */
  readonly onReport: (compound: Buffer) => void;
}

/** `cid` names a track in the offer and in AddTrack, so that the SFU can tie the two. */
export interface SentTrack<Codec> {
  readonly cid: string;
  readonly codec: Codec;
  readonly ssrc: number;
}

export class PublisherPeer {
  readonly #peer: Peer;
  readonly #voice: Track;
  #camera: Track | null = null;
  /** node-datachannel closes a track as soon as any of its objects for it is collected. */
  readonly #handles: Track[] = [];
  readonly #opened = waiter<undefined>();
  readonly #handlers: PublisherHandlers;
  #held: Candidate[] | null = [];
  #telling: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: PeerOptions, voice: SentTrack<RoomCodec>, handlers: PublisherHandlers) {
    this.#handlers = handlers;
    this.#peer = new Peer(`publish-${voice.ssrc}`, options, {
      onFailed: handlers.onFailed,
      onCandidate: (candidate) => {
        if (this.#held === null) handlers.onCandidate(candidate);
        else this.#held.push(candidate);
      },
    });
    this.#voice = this.#add(voiceLine(voice));
    this.#voice.onOpen(() => this.#opened.resolve(undefined));
  }

  #add(line: Audio | Video): Track {
    const track = this.#peer.connection.addTrack(line);
    // node-datachannel frees the track only when somebody listens for its end.
    track.onClosed(() => undefined);
    track.onMessage(this.#handlers.onReport);
    return track;
  }

  /**
   * Describes the camera in the next offer; null: none any more. Its m-line stays, for the next one: libdatachannel
   * gives a track that it has a new description.
   */
  setCamera(camera: SentTrack<RoomVideoCodec> | null): void {
    if (this.#camera === null && camera === null) return;
    const line = cameraLine(camera);
    if (this.#camera === null) this.#camera = this.#add(line);
    else this.#handles.push(this.#peer.connection.addTrack(line));
  }

  /** The offer without candidates: they are trickled behind the answer where needed, see `withoutCandidates`. */
  offer(): string {
    // Each candidate also comes by its event.
    return withoutCandidates(this.#peer.describe('offer'));
  }

  /** Applies the answer to the first offer, or to a later one, and gives the header extensions that it took. */
  accept(answer: string, line: keyof typeof MIDS): ExtensionIds {
    this.#peer.acceptRemote(answer, 'answer');
    if (this.#held !== null) this.#telling ??= setTimeout(() => this.#tellCandidates(), FOUND_WITHIN_MS);
    return extensionIds(answer, MIDS[line]);
  }

  #tellCandidates(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const candidate of held) this.#handlers.onCandidate(candidate);
  }

  #stopTelling(): void {
    if (this.#telling !== null) clearTimeout(this.#telling);
    this.#telling = null;
  }

  addCandidate(init: string): void {
    this.#peer.addCandidate(init);
  }

  /** Resolves once packets can be sent. */
  async ready(signal: AbortSignal): Promise<void> {
    await this.#peer.connected(signal);
    this.#stopTelling();
    await orAbort(this.#opened.promise, signal);
  }

  /** Sends an RTP or RTCP packet; one that cannot go is lost, as on any network. */
  sendVoice(packet: Buffer): void {
    if (!this.#closed) trySend(this.#voice, packet);
  }

  sendCamera(packet: Buffer): void {
    if (!this.#closed && this.#camera !== null) trySend(this.#camera, packet);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTelling();
    this.#voice.close();
    this.#camera?.close();
    await this.#peer.close();
  }
}

function voiceLine({ cid, codec, ssrc }: SentTrack<RoomCodec>): Audio {
  const audio = new Audio(MIDS.voice, 'SendOnly');
  if (codec === 'opus') audio.addOpusCodec(PAYLOAD_TYPES.opus);
  else audio.addAudioCodec(PAYLOAD_TYPES[codec], codec);
  audio.parseSdpLine('a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level');
  audio.parseSdpLine(MID_EXTENSION);
  audio.addSSRC(ssrc, cid, cid, cid);
  return audio;
}

function cameraLine(camera: SentTrack<RoomVideoCodec> | null): Video {
  const video = new Video(MIDS.camera, camera === null ? 'Inactive' : 'SendOnly');
  // An m-line has a payload type, also one that carries nothing.
  if (camera === null || camera.codec === 'VP8') video.addVP8Codec(PAYLOAD_TYPES.VP8);
  else video.addH264Codec(PAYLOAD_TYPES.H264, H264_FORMAT);
  video.parseSdpLine(MID_EXTENSION);
  if (camera !== null) video.addSSRC(camera.ssrc, camera.cid, camera.cid, camera.cid);
  return video;
}
