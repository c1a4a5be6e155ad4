import { createEncoder } from '../../codecs/codec.ts';
import type { AudioEncoder } from '../../codecs/codec.ts';
import type { G711 } from '../../codecs/g711.ts';
import type { RateHz } from '../../codecs/resampler.ts';
import { Limiter } from '../../mixer/limiter.ts';
import { Loudest } from '../../mixer/loudest.ts';
import { addTo } from '../../mixer/mix.ts';
import type { Player } from '../../prompts/player.ts';
import { levelDbOf } from '../../quality/echo.ts';
import { FrameRates, frameSamples } from './frame-rates.ts';
import type { MixMember } from './mix-member.ts';

/** Tones and other sounds for a whole room; close to the rate of their files. */
export const roomSoundRateHz = 16_000;

interface Shared {
  readonly encoder: AudioEncoder;
  readonly payload: Buffer;
  /** Tick in which it was encoded. */
  tick: number;
}

/**
 * One room. It is summed once a tick for each rate that somebody listens at: telephone listeners get a sum at
 * 8 kHz, which costs what it always did, Opus listeners one at 48 kHz. Whoever comes or goes changes the rates
 * that are made, but nobody's own, so nobody hears a change.
 */
export class MixRoom {
  readonly members = new Set<MixMember>();
  readonly #loudest: Loudest<MixMember>;
  readonly #sums = new Map<RateHz, Sum>();
  readonly #shared: Record<G711, Shared> = { PCMU: share('PCMU'), PCMA: share('PCMA') };
  readonly #sounds: Player[] = [];
  readonly #sound = new FrameRates(roomSoundRateHz);
  /** What is in this tick's sum. */
  readonly #voices: FrameRates[] = [];
  #tick = 0;

  /** `loudest`: how many participants are listened to at once. */
  constructor(loudest: number) {
    this.#loudest = new Loudest(loudest);
  }

  /** Decides whose voices are decoded in this tick. */
  listen(): void {
    this.#loudest.choose(this.members);
  }

  /** For all listeners of the room, one after the other; at `roomSoundRateHz`. */
  playSound(player: Player): void {
    this.#sounds.push(player);
  }

  /** Notes who speaks in this tick. */
  begin(tick: number): void {
    this.#tick = tick;
    this.#voices.length = 0;
    for (const member of this.members) if (member.speaks) this.#voices.push(member.voice);
    const sound = this.#sounds.at(0);
    if (!sound) return;
    if (!sound.read(this.#sound.frame)) this.#sounds.shift();
    this.#voices.push(this.#sound);
  }

  /** True when this member would hear nothing but silence. */
  isSilentFor(member: MixMember): boolean {
    return this.#voices.length === 0 || (this.#voices.length === 1 && member.speaks);
  }

  /** Everybody but the member, at the rate of `out`. */
  mixFor(member: MixMember, rateHz: RateHz, out: Int16Array): void {
    const sum = this.#sumAt(rateHz);
    if (!member.speaks) {
      out.set(sum.everybody(this.#tick));
      return;
    }
    const { limiter } = member;
    if (member.limitedTick !== this.#tick - 1) limiter.follow(sum.limiter);
    member.limitedTick = this.#tick;
    limiter.mix(sum.total, member.voice.at(rateHz, this.#tick), out);
  }

  /** The payload that all listeners hear who don't speak. Only G.711 has no memory, so that a listener may change over to it. */
  sharedPayload(law: G711): Buffer {
    const shared = this.#shared[law];
    if (shared.tick !== this.#tick) {
      shared.tick = this.#tick;
      shared.encoder.encode(this.#sumAt(8000).everybody(this.#tick), shared.payload, 0);
    }
    return shared.payload;
  }

  /** Level of what all listeners hear who don't speak, dBov. */
  levelDb(): number {
    return this.#sumAt(8000).levelDb(this.#tick);
  }

  #sumAt(rateHz: RateHz): Sum {
    let sum = this.#sums.get(rateHz);
    if (!sum) this.#sums.set(rateHz, (sum = new Sum(rateHz)));
    sum.make(this.#voices, this.#tick);
    return sum;
  }
}

/** All voices of a tick at one rate. */
class Sum {
  readonly total: Int32Array;
  readonly limiter = new Limiter();
  readonly #rateHz: RateHz;
  readonly #everybody: Int16Array;
  #tick = -1;
  #mixedTick = -1;
  #measuredTick = -1;
  #levelDb = -Infinity;

  constructor(rateHz: RateHz) {
    this.#rateHz = rateHz;
    this.total = new Int32Array(frameSamples(rateHz));
    this.#everybody = new Int16Array(frameSamples(rateHz));
  }

  make(voices: readonly FrameRates[], tick: number): void {
    if (this.#tick === tick) return;
    this.#tick = tick;
    this.total.fill(0);
    for (const voice of voices) addTo(this.total, voice.at(this.#rateHz, tick));
  }

  everybody(tick: number): Int16Array {
    if (this.#mixedTick !== tick) {
      this.#mixedTick = tick;
      this.limiter.mix(this.total, null, this.#everybody);
    }
    return this.#everybody;
  }

  levelDb(tick: number): number {
    if (this.#measuredTick !== tick) {
      this.#measuredTick = tick;
      this.#levelDb = levelDbOf(this.everybody(tick));
    }
    return this.#levelDb;
  }
}

function share(law: G711): Shared {
  const encoder = createEncoder(law);
  return { encoder, payload: Buffer.alloc(encoder.maxBytes), tick: -1 };
}
