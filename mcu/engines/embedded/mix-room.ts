import { createEncoder } from '../../codecs/codec.ts';
import type { AudioEncoder, MixRateHz } from '../../codecs/codec.ts';
import type { G711 } from '../../codecs/g711.ts';
import { addTo, mixAll, mixMinus } from '../../mixer/mix.ts';
import type { Player } from '../../prompts/player.ts';
import type { MixMember } from './mix-member.ts';

interface Shared {
  readonly encoder: AudioEncoder;
  readonly payload: Buffer;
  /** Tick in which it was encoded. */
  tick: number;
}

/** One room's sum, made once per tick; whoever isn't in it shares one encoded payload per codec. */
export class MixRoom {
  readonly members = new Set<MixMember>();
  readonly #total: Int32Array;
  readonly #everybody: Int16Array;
  readonly #toneFrame: Int16Array;
  readonly #shared: Record<G711, Shared>;
  readonly #tones: Player[] = [];
  #tick = 0;
  /** Voices and tones in this tick's sum. */
  #voices = 0;
  #mixedTick = -1;

  constructor(frameSamples: number, rateHz: MixRateHz) {
    this.#total = new Int32Array(frameSamples);
    this.#everybody = new Int16Array(frameSamples);
    this.#toneFrame = new Int16Array(frameSamples);
    const share = (law: G711): Shared => ({
      encoder: createEncoder(law, rateHz),
      payload: Buffer.alloc(frameSamples),
      tick: -1,
    });
    this.#shared = { PCMU: share('PCMU'), PCMA: share('PCMA') };
  }

  /** For all listeners of the room, one after the other. */
  playTones(player: Player): void {
    this.#tones.push(player);
  }

  /** Sums the voices that the members pulled for this tick. */
  sum(tick: number): void {
    this.#tick = tick;
    this.#voices = 0;
    for (const member of this.members) if (member.speaks) this.#add(member.voiceFrame);
    const tone = this.#tones.at(0);
    if (!tone) return;
    if (!tone.read(this.#toneFrame)) this.#tones.shift();
    this.#add(this.#toneFrame);
  }

  /** True when this member would hear nothing but silence. */
  isSilentFor(member: MixMember): boolean {
    return this.#voices === 0 || (this.#voices === 1 && member.speaks);
  }

  /** Everybody but the member. */
  mixFor(member: MixMember, out: Int16Array): void {
    if (member.speaks) mixMinus(member.voiceFrame, this.#total, out);
    else out.set(this.#mixedForAll());
  }

  /** The payload that all listeners hear who don't speak. */
  sharedPayload(law: G711): Buffer {
    const shared = this.#shared[law];
    if (shared.tick !== this.#tick) {
      shared.tick = this.#tick;
      shared.encoder.encode(this.#mixedForAll(), shared.payload, 0);
    }
    return shared.payload;
  }

  #add(frame: Int16Array): void {
    // The first voice of a tick replaces the last tick's sum: a silent room costs nothing.
    if (this.#voices === 0) this.#total.set(frame);
    else addTo(this.#total, frame);
    this.#voices++;
  }

  #mixedForAll(): Int16Array {
    if (this.#mixedTick !== this.#tick) {
      this.#mixedTick = this.#tick;
      mixAll(this.#total, this.#everybody);
    }
    return this.#everybody;
  }
}
