/** The peer connection that sends one audio track. */
import { randomUUID } from 'node:crypto';
import { Audio, type Track } from 'node-datachannel';
import type { RoomCodec } from '../ports.ts';
import type { Candidate, PeerOptions } from './ice.ts';
import { Peer, type PeerHandlers, trySend } from './peer.ts';
import { PAYLOAD_TYPES } from './rtp.ts';
import { type ExtensionIds, extensionIds, withoutCandidates } from './sdp.ts';
import { orAbort, waiter } from './waits.ts';

/** The only m-line; `RtpRewriter` writes it into the mid extension. */
const MID = '0';
/**
 * How long the SFU has to find us by our own checks, as a peer-reflexive candidate (RFC 8445 §7.3.1.3), before it is told
 * where we are. Telling at once has it check as well: a check of ours that crosses one of its is begun anew 50 ms later,
 * and one of its own that comes too early only 200 ms later, which held up one join in twenty.
 */
const FOUND_WITHIN_MS = 200;

export interface PublisherHandlers extends PeerHandlers {
  /** The SFU reports on what it gets of us; on the packet path. */
  readonly onReport: () => void;
}

export interface PublisherOptions extends PeerOptions {
  readonly codec: RoomCodec;
  readonly ssrc: number;
}

export class PublisherPeer {
  /** Names the track in the offer and in AddTrack, so that the SFU can tie the two. */
  readonly cid = `mic-${randomUUID()}`;
  readonly #peer: Peer;
  readonly #track: Track;
  readonly #opened = waiter<undefined>();
  readonly #handlers: PublisherHandlers;
  #held: Candidate[] | null = [];
  #telling: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: PublisherOptions, handlers: PublisherHandlers) {
    this.#handlers = handlers;
    this.#peer = new Peer(`publish-${options.ssrc}`, options, {
      onFailed: handlers.onFailed,
      onCandidate: (candidate) => {
        if (this.#held === null) handlers.onCandidate(candidate);
        else this.#held.push(candidate);
      },
    });
    this.#track = this.#peer.connection.addTrack(description(options, this.cid));
    this.#track.onOpen(() => this.#opened.resolve(undefined));
    // node-datachannel frees the track only when somebody listens for its end.
    this.#track.onClosed(() => undefined);
    this.#track.onMessage(handlers.onReport);
  }

  /** The offer without candidates: they are trickled behind the answer where needed, see `withoutCandidates`. */
  offer(): string {
    // Each candidate also comes by its event.
    return withoutCandidates(this.#peer.describe('offer'));
  }

  /** Applies the answer, and gives the header extensions that it took. */
  accept(answer: string): ExtensionIds {
    this.#peer.acceptRemote(answer, 'answer');
    this.#telling = setTimeout(() => this.#tellCandidates(), FOUND_WITHIN_MS);
    return extensionIds(answer, MID);
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
  send(packet: Buffer): void {
    if (!this.#closed) trySend(this.#track, packet);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTelling();
    this.#track.close();
    await this.#peer.close();
  }
}

function description({ codec, ssrc }: PublisherOptions, cid: string): Audio {
  const audio = new Audio(MID, 'SendOnly');
  if (codec === 'opus') audio.addOpusCodec(PAYLOAD_TYPES.opus);
  else audio.addAudioCodec(PAYLOAD_TYPES[codec], codec);
  audio.parseSdpLine('a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level');
  audio.parseSdpLine('a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid');
  audio.addSSRC(ssrc, cid, cid, cid);
  return audio;
}
