import { randomInt } from 'node:crypto';
import { createDecoder, createEncoder, maxPayloadBytes } from '../../codecs/codec.ts';
import type { AudioEncoder, MixRateHz } from '../../codecs/codec.ts';
import { levelOf, silenceOctet } from '../../codecs/g711.ts';
import { isSilent, layOver } from '../../mixer/mix.ts';
import type { AudioCodec } from '../../ports.ts';
import type { Player } from '../../prompts/player.ts';
import { newRtpPacket, rewriteRtp, rtpHeaderBytes } from '../../rtp/packet.ts';
import type { RtpView } from '../../rtp/packet.ts';
import type { MixRoom } from './mix-room.ts';
import { publishBit } from './protocol.ts';
import type { SoundOptions } from './sound.ts';
import { Voice } from './voice.ts';
import type { VoiceStats } from './voice.ts';

/** RTP clocks (RFC 3551 §4.5, RFC 7587 §4.1). */
const clockHzOf = { PCMU: 8000, PCMA: 8000, opus: 48_000 } as const satisfies Record<AudioCodec, number>;

/** The room under a prompt: −12 dB, reached and left within 80 ms. */
const duckedGain = 0.25;
const gainStep = 0.1875;

export interface MixMemberSpec {
  readonly ssrc: number;
  readonly codec: AudioCodec;
  readonly payloadType: number;
  readonly role: 'leg' | 'participant';
  readonly publish: boolean;
}

/** One of the engine's members: what it says, what it hears, and the packets for both. */
export class MixMember {
  readonly spec: MixMemberSpec;
  readonly voiceFrame: Int16Array;
  /** Whether the frame of this tick is in the room's sum. */
  speaks = false;
  room: MixRoom | null = null;
  hearsRoom = false;
  muted = false;
  /** The play that was asked for last, while its files are still being read; 0: none. */
  wantedPlay = 0;
  readonly #voice: Voice;
  readonly #hears: Outlet | null;
  readonly #publishes: Outlet | null;
  readonly #promptFrame: Int16Array;
  readonly #heardFrame: Int16Array;
  #player: Player | null = null;
  #gain = 1;

  constructor(spec: MixMemberSpec, rateHz: MixRateHz, sound: SoundOptions) {
    const frameSamples = rateHz / 50;
    this.spec = spec;
    this.voiceFrame = new Int16Array(frameSamples);
    this.#promptFrame = new Int16Array(frameSamples);
    this.#heardFrame = new Int16Array(frameSamples);
    this.#voice = new Voice({
      decoder: createDecoder(spec.codec, rateHz),
      rateHz,
      clockHz: clockHzOf[spec.codec],
      longestDelayMs: sound.longestDelayMs,
    });
    this.#hears = spec.role === 'leg' ? new Outlet(spec.codec, spec.payloadType, spec.ssrc, rateHz) : null;
    this.#publishes = spec.publish ? new Outlet('opus', 0, (spec.ssrc | publishBit) >>> 0, rateHz) : null;
  }

  write(packet: Buffer, view: RtpView, arrivalMs: number): void {
    this.#voice.put(packet, view, arrivalMs);
  }

  /** How the member's voice arrives and is played. */
  voiceStats(): VoiceStats {
    return this.#voice.stats();
  }

  /** Returns the player that was replaced. */
  play(player: Player | null): Player | null {
    const last = this.#player;
    this.#player = player;
    return last;
  }

  /** Takes the frame of the member's voice for the tick that is due then. */
  pull(dueMs: number): void {
    this.speaks = this.#voice.pull(this.voiceFrame, dueMs) && !this.muted && !isSilent(this.voiceFrame);
  }

  /** The member's voice for the SFU, numbered without gaps while timestamps follow the beat; null: nothing to send. The payload type field carries the level. */
  published(tick: number): Buffer | null {
    if (!this.#publishes || !this.speaks) return null;
    let power = 0;
    for (const sample of this.voiceFrame) power += sample * sample;
    const level = levelOf(power / this.voiceFrame.length / (32768 * 32768));
    return this.#publishes.encode(this.voiceFrame, tick, level);
  }

  /**
   * What the member hears in this tick, as a packet; null for those who only speak. Calls `onFinished` when a
   * prompt's last frame is in it.
   */
  heard(tick: number, onFinished: (member: MixMember, player: Player) => void): Buffer | null {
    const outlet = this.#hears;
    if (!outlet) return null;
    const room = this.hearsRoom ? this.room : null;
    const audible = room !== null && !room.isSilentFor(this);
    const player = this.#player;
    if (!player && this.#gain === 1) {
      if (!audible) return outlet.silence(tick);
      if (!this.speaks && this.spec.codec !== 'opus')
        return outlet.copy(room.sharedPayload(this.spec.codec), tick);
      room.mixFor(this, this.#heardFrame);
      return outlet.encode(this.#heardFrame, tick);
    }
    if (audible) room.mixFor(this, this.#heardFrame);
    else this.#heardFrame.fill(0);
    if (!player) this.#promptFrame.fill(0);
    else if (!player.read(this.#promptFrame)) {
      this.#player = null;
      onFinished(this, player);
    }
    const target = player ? duckedGain : 1;
    const gain =
      target < this.#gain ? Math.max(target, this.#gain - gainStep) : Math.min(target, this.#gain + gainStep);
    layOver(this.#heardFrame, this.#gain, gain, this.#promptFrame);
    this.#gain = gain;
    return outlet.encode(this.#heardFrame, tick);
  }
}

/**
 * One outgoing private RTP stream. G.711 packets have one length, so their buffer is used again and again: the
 * kernel copies it while it is sent.
 */
class Outlet {
  readonly #encoder: AudioEncoder;
  readonly #payloadType: number;
  readonly #packet: Buffer;
  readonly #fixedLength: boolean;
  readonly #silentPayload: Buffer | null;
  readonly #silentFrame: Int16Array | null;
  #sequence = randomInt(0x10000);

  constructor(codec: AudioCodec, payloadType: number, ssrc: number, rateHz: MixRateHz) {
    const frameSamples = rateHz / 50;
    this.#encoder = createEncoder(codec, rateHz);
    this.#payloadType = payloadType;
    this.#fixedLength = codec !== 'opus';
    this.#packet = newRtpPacket(this.#fixedLength ? frameSamples : maxPayloadBytes, payloadType, ssrc);
    this.#silentPayload = codec === 'opus' ? null : Buffer.alloc(frameSamples, silenceOctet[codec]);
    this.#silentFrame = codec === 'opus' ? new Int16Array(frameSamples) : null;
  }

  encode(frame: Int16Array, tick: number, payloadType = this.#payloadType): Buffer {
    const bytes = this.#encoder.encode(frame, this.#packet, rtpHeaderBytes);
    this.#stamp(tick, payloadType);
    return this.#fixedLength ? this.#packet : this.#packet.subarray(0, rtpHeaderBytes + bytes);
  }

  copy(payload: Buffer, tick: number): Buffer {
    this.#packet.set(payload, rtpHeaderBytes);
    this.#stamp(tick, this.#payloadType);
    return this.#packet;
  }

  silence(tick: number): Buffer {
    if (this.#silentPayload) return this.copy(this.#silentPayload, tick);
    return this.encode(this.#silentFrame as Int16Array, tick);
  }

  #stamp(tick: number, payloadType: number): void {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    rewriteRtp(this.#packet, payloadType, false, this.#sequence, (tick * this.#encoder.timestampStep) >>> 0);
  }
}
