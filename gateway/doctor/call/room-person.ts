import { randomInt } from 'node:crypto';
import { createDecoder, createEncoder } from '../../../mcu/codecs/codec.ts';
import type {
  LinkFactory,
  PublishingLink,
  RemoteTrack,
  RoomAccess,
  SubscribingLink,
} from '../../../mcu/ports.ts';
import { newRtpPacket, newRtpView, parseRtp, rewriteRtp, rtpHeaderBytes } from '../../../mcu/rtp/packet.ts';
import { everyFrame } from './paced.ts';
import { toneSource, ToneEar } from './tone.ts';

/** RFC 7587 §2.1.1: 120 ms at 48 kHz. */
const longestSamples = 5760;
/** RFC 6464: a clear voice. */
const levelDbov = 15;
const opusType = 111;

interface Listening {
  readonly hz: number;
  readonly from: (track: RemoteTrack) => boolean;
  readonly heard: () => void;
  ear: ToneEar | null;
}

/** Somebody in a LiveKit room, by the links that callers have: one says a tone in Opus, the other hears others. */
export class RoomPerson {
  readonly #speaks: PublishingLink;
  readonly #listens: SubscribingLink;
  readonly #hush: () => void;

  private constructor(speaks: PublishingLink, listens: SubscribingLink, hz: number) {
    this.#speaks = speaks;
    this.#listens = listens;
    this.#hush = everyFrame(frameSender(speaks, hz));
  }

  /**
   * Joins and speaks.
   * @param access of two identities, as each may be in the room once
   */
  static async join(
    links: LinkFactory,
    access: { readonly speak: () => Promise<RoomAccess>; readonly listen: () => Promise<RoomAccess> },
    sounds: { readonly says: number; readonly hears: Omit<Listening, 'ear'> },
    signal: AbortSignal,
  ): Promise<RoomPerson> {
    const nothing = { onState: () => undefined, onEnd: () => undefined };
    const speaks = await links.publish(
      { ...nothing, access: access.speak, codec: 'opus', trackName: 'microphone', onMuted: () => undefined },
      signal,
    );
    try {
      const hearing = new Hearing({ ...sounds.hears, ear: null });
      const listens = await links.subscribe(
        {
          ...nothing,
          access: access.listen,
          onParticipants: () => undefined,
          onTracks: (tracks) => hearing.offer(tracks),
          onPacket: (sid, packet) => hearing.packet(sid, packet),
        },
        signal,
      );
      hearing.begin(listens);
      return new RoomPerson(speaks, listens, sounds.says);
    } catch (error) {
      await speaks.close();
      throw error;
    }
  }

  /** Leaves the room. */
  async close(): Promise<void> {
    this.#hush();
    await Promise.all([this.#speaks.close(), this.#listens.close()]);
  }
}

/** Takes the tracks that are wanted and finds the tone in them. */
class Hearing {
  readonly #wanted: Listening;
  readonly #view = newRtpView();
  readonly #samples = new Int16Array(longestSamples);
  readonly #decoders = new Map<string, ReturnType<typeof createDecoder>>();
  #tracks: readonly RemoteTrack[] = [];
  #link: SubscribingLink | null = null;

  constructor(wanted: Listening) {
    this.#wanted = wanted;
  }

  begin(link: SubscribingLink): void {
    this.#link = link;
    this.offer(this.#tracks);
  }

  offer(tracks: readonly RemoteTrack[]): void {
    this.#tracks = tracks.filter((track) => track.kind === 'audio' && this.#wanted.from(track));
    this.#link?.setSubscribed(
      this.#tracks.map(({ sid }) => sid),
      true,
    );
  }

  packet(sid: string, packet: Buffer): void {
    const codec = this.#tracks.find((track) => track.sid === sid)?.codec;
    if (codec !== 'opus' && codec !== 'PCMU' && codec !== 'PCMA') return;
    if (!parseRtp(packet, this.#view)) return;
    const decoder = this.#decoders.get(sid) ?? createDecoder(codec);
    this.#decoders.set(sid, decoder);
    const { payloadStart, payloadEnd } = this.#view;
    const count = decoder.decode(packet, payloadStart, payloadEnd, this.#samples, 0);
    this.#wanted.ear ??= new ToneEar(this.#wanted.hz, decoder.rateHz);
    this.#wanted.ear.hear(this.#samples.subarray(0, count));
    if (this.#wanted.ear.heard) this.#wanted.heard();
  }
}

function frameSender(link: PublishingLink, hz: number): () => void {
  const encoder = createEncoder('opus');
  const tone = toneSource(hz, encoder.rateHz);
  const packet = newRtpPacket(encoder.maxBytes, opusType, randomInt(1, 0x1_0000_0000));
  let [sequence, timestamp] = [0, 0];
  return () => {
    const octets = encoder.encode(tone(encoder.rateHz / 50), packet, rtpHeaderBytes);
    rewriteRtp(packet, opusType, sequence === 0, sequence, timestamp);
    sequence = (sequence + 1) & 0xffff;
    timestamp = (timestamp + encoder.timestampStep) >>> 0;
    if (octets > 0) link.write(packet.subarray(0, rtpHeaderBytes + octets), levelDbov);
  };
}
