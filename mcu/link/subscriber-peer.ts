/** The peer connection that receives tracks: the SFU offers, we answer, packets come out bare. */
import { randomInt } from 'node:crypto';
import type { DataChannel, Track } from 'node-datachannel';
import type { PeerOptions } from './ice.ts';
import { buildNack, buildPli } from '../video/rtcp-feedback.ts';
import { Nacks } from './nacks.ts';
import { Peer, type PeerHandlers, trySend } from './peer.ts';
import { receiverReport, Reception } from './rtcp.ts';
import { bare, isRtcp, PAYLOAD_TYPES } from './rtp.ts';
import { unwrapRtx } from './rtx.ts';
import {
  dropUnreadableCodecs,
  type OfferedMedia,
  offeredMedia,
  type OfferedStream,
  receiveOnly,
} from './sdp.ts';

export interface SubscriberHandlers extends PeerHandlers {
  readonly onPacket: (trackSid: string, packet: Buffer, video: boolean) => void;
}

/** What is known of the packets that came on one SSRC. */
interface Arrivals {
  readonly reception: Reception;
  /** For video, whose lost packets are worth asking for. */
  readonly nacks: Nacks | null;
}

const NOTHING_OFFERED: OfferedMedia = { streams: new Map(), codecs: new Map(), repairs: new Map() };

export class SubscriberPeer {
  readonly #peer: Peer;
  readonly #handlers: SubscriberHandlers;
  readonly #ownSsrc = randomInt(1, 2 ** 32 - 1);
  readonly #tracks: Track[] = [];
  readonly #channels: DataChannel[] = [];
  readonly #arrivals = new Map<number, Arrivals>();
  readonly #receptionOf = (ssrc: number): Reception | undefined => this.#arrivals.get(ssrc)?.reception;
  #media = NOTHING_OFFERED;
  #closed = false;

  constructor(name: string, options: PeerOptions, handlers: SubscriberHandlers) {
    this.#handlers = handlers;
    this.#peer = new Peer(name, options, handlers);
    this.#peer.connection.onTrack((track) => {
      this.#tracks.push(track);
      // node-datachannel frees the track only when somebody listens for its end.
      track.onClosed(() => undefined);
      track.onMessage((packet) => {
        if (!this.#closed) this.#receive(track, packet);
      });
    });
    this.#peer.connection.onDataChannel((channel) => {
      // The SFU counts us as connected only with its channels open; what they carry is not for us.
      this.#channels.push(channel);
      channel.onClosed(() => undefined);
      channel.onMessage(() => undefined);
    });
  }

  /** Applies an offer and gives the answer for the SFU. */
  answer(offer: string): string {
    const readable = dropUnreadableCodecs(offer);
    this.#media = offeredMedia(readable);
    for (const [ssrc, { nacks }] of this.#arrivals) {
      if (this.#media.streams.has(ssrc)) continue;
      nacks?.close();
      this.#arrivals.delete(ssrc);
    }
    for (const [ssrc, { rtx, video }] of this.#media.streams) {
      if (rtx || this.#arrivals.has(ssrc)) continue;
      const nacks = video
        ? new Nacks((sequences) => this.#send(buildNack(this.#ownSsrc, ssrc, sequences)))
        : null;
      this.#arrivals.set(ssrc, { reception: new Reception(), nacks });
    }
    this.#peer.acceptRemote(readable, 'offer');
    return receiveOnly(readable, this.#peer.describe('answer'));
  }

  addCandidate(init: string): void {
    this.#peer.addCandidate(init);
  }

  async connected(signal: AbortSignal): Promise<void> {
    await this.#peer.connected(signal);
  }

  #receive(track: Track, packet: Buffer): void {
    if (isRtcp(packet)) {
      const report = receiverReport(packet, this.#ownSsrc, this.#receptionOf);
      if (report !== null) trySend(track, report);
      return;
    }
    if (packet.length < 12) return;
    const stream = this.#media.streams.get(packet.readUInt32BE(8));
    if (stream === undefined) return;
    const whole = stream.rtx ? this.#repair(packet, stream.ssrc) : packet;
    if (whole === null) return;
    this.#count(stream, whole.readUInt16BE(2));
    // Probes of audio are for nobody; of video their numbers belong to the sequence.
    const out = bare(whole, stream.video);
    if (out === null) return;
    const codec = this.#media.codecs.get(out[1] & 0x7f);
    if (codec !== undefined) out[1] = (out[1] & 0x80) | PAYLOAD_TYPES[codec];
    this.#handlers.onPacket(stream.trackSid, out, stream.video);
  }

  #count(stream: OfferedStream, sequence: number): void {
    const arrivals = this.#arrivals.get(stream.ssrc);
    if (!stream.rtx) arrivals?.reception.count(sequence);
    arrivals?.nacks?.arrived(sequence);
  }

  requestKeyFrame(trackSid: string): void {
    for (const { trackSid: sid, ssrc, rtx } of this.#media.streams.values())
      if (sid === trackSid && !rtx) this.#send(buildPli(this.#ownSsrc, ssrc));
  }

  /** Feedback names its stream by its SSRC, whatever m-line it travels by. */
  #send(feedback: Buffer): void {
    const outlet = this.#closed ? undefined : this.#tracks.findLast((track) => track.isOpen());
    if (outlet !== undefined) trySend(outlet, feedback);
  }

  #repair(packet: Buffer, ssrc: number): Buffer | null {
    const payloadType = this.#media.repairs.get(packet[1] & 0x7f);
    return payloadType === undefined ? null : unwrapRtx(packet, ssrc, payloadType);
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      for (const { nacks } of this.#arrivals.values()) nacks?.close();
      for (const track of this.#tracks) track.close();
      for (const channel of this.#channels) channel.close();
    }
    await this.#peer.close();
  }
}
