import { clockHzOf } from './codecs/codec.ts';
import { crossG711, levelOfG711 } from './codecs/g711.ts';
import type { AudioCodec, Member, PublishingLink, RoomCodec, VoiceBack } from './ports.ts';
import { RoomFeed } from './rtp/feed.ts';
import { newRtpView, parseRtp } from './rtp/packet.ts';
import type { RtpView } from './rtp/packet.ts';
import { Speech } from './speech.ts';

/** The caller's voice on its way to the engine and into the room, as it came or as the engine gives it back. */
export class LegVoice {
  readonly #now: () => number;
  readonly #capturedBackMs: () => number;
  /** The caller's packets without digits and held passages, for engine and room. */
  #feed: RoomFeed;
  /** What goes into the room, whether as it came or from the engine. */
  #roomFeed: RoomFeed;
  readonly #roomView = newRtpView();
  /** Codec of the caller's last packet: it may be any of those agreed. */
  #spoken: AudioCodec | null = null;
  #member: Member | null = null;
  #link: PublishingLink | null = null;
  /** Of a voice that goes into the room as it came, while only the engine decodes it. */
  #levelDbov = 127;
  /** Of what the room gets. */
  readonly speech = new Speech();
  /** Neither the room nor the mix gets the voice. */
  muted = false;
  /** Others hear it in the engine, whether there is a link or not. */
  connected = false;

  /** `capturedBackMs`: when what the engine gives back now was taken in by the device, wall time. */
  constructor(now: () => number, capturedBackMs: () => number) {
    this.#now = now;
    this.#capturedBackMs = capturedBackMs;
    this.#feed = new RoomFeed(8000, now);
    this.#roomFeed = new RoomFeed(8000, now);
  }

  /** The engine's member for a caller who speaks in `codec` at first. */
  follow(member: Member, codec: AudioCodec): void {
    this.#feed = new RoomFeed(clockHzOf(codec), this.#now);
    this.#spoken = codec;
    this.#member = member;
    member.onPublish = (packet, level) => this.#toRoom(packet, level, this.#capturedBackMs());
    member.onLevel = (level) => (this.#levelDbov = level);
    this.#askBack();
  }

  enter(link: PublishingLink): void {
    this.#link = link;
    this.#roomFeed = new RoomFeed(clockHzOf(link.codec), this.#now);
    this.#askBack();
  }

  leave(): void {
    this.#link = null;
    this.#askBack();
  }

  /** The member is about to be closed, and no other follows. */
  release(): void {
    this.#member = null;
  }

  /** A packet that neither engine nor room gets. */
  skip(view: RtpView): void {
    this.#feed.skip(view);
  }

  /** A packet of the caller's; owned from here on. `capturedMs`: when it was taken in, wall time. */
  write(packet: Buffer, view: RtpView, codec: AudioCodec, capturedMs: number): void {
    const link = this.#link;
    if ((!link && !this.connected) || this.muted) {
      this.#feed.skip(view);
      return;
    }
    if (!this.#feed.pass(packet, view)) return;
    if (codec !== this.#spoken) {
      this.#spoken = codec;
      this.#askBack();
    }
    this.#member?.write(packet);
    if (!link) return;
    const { codec: roomCodec } = link;
    if (codec === 'opus') {
      if (roomCodec === 'opus') this.#toRoom(packet, this.#levelDbov, capturedMs);
    } else if (codec !== 'G722' && roomCodec !== 'opus') {
      const level = levelOfG711(codec, packet, view.payloadStart, view.payloadEnd);
      // The link was opened in the other law: the engine has read the packet, so it may be changed.
      if (codec !== roomCodec) crossG711(codec, packet, view.payloadStart, view.payloadEnd);
      this.#toRoom(packet, level, capturedMs);
    }
  }

  /** A packet in the link's codec, the caller's own or the engine's. */
  #toRoom(packet: Buffer, levelDbov: number, capturedMs: number): void {
    const view = this.#roomView;
    if (!this.#link || this.muted || !parseRtp(packet, view)) return;
    if (!this.#roomFeed.pass(packet, view)) return;
    this.speech.hear(levelDbov);
    this.#link.write(packet, levelDbov, capturedMs);
  }

  /** Asks the engine for what the room needs of the voice, besides what the caller sends. */
  #askBack(): void {
    this.#levelDbov = 127;
    this.#member?.setVoiceBack(voiceBackFor(this.#spoken, this.#link?.codec));
  }
}

/** What the engine has to give back of a voice in one codec for a room that takes another. */
function voiceBackFor(spoken: AudioCodec | null, room: RoomCodec | undefined): VoiceBack {
  if (spoken === null || room === undefined) return 'nothing';
  // Untouched; but only who decodes it knows the level that the room needs (RFC 6464).
  if (spoken === 'opus' && room === 'opus') return 'level';
  const isG711 = spoken === 'PCMU' || spoken === 'PCMA';
  return isG711 && room !== 'opus' ? 'nothing' : room;
}
