import { createEncoder } from '../../codecs/codec.ts';
import type { AudioEncoder } from '../../codecs/coder.ts';
import type { G711 } from '../../codecs/g711.ts';
import type { RateHz } from '../../codecs/resampler.ts';
import { Limiter } from '../../mixer/limiter.ts';
import { Loudest } from '../../mixer/loudest.ts';
import type { Candidate } from '../../mixer/loudest.ts';
import { addTo } from '../../mixer/mix.ts';
import type { OpusWishes } from '../../ports.ts';
import type { Player } from '../../prompts/player.ts';
import { levelDbOf } from '../../quality/echo.ts';
import { FrameRates, frameSamples } from './frame-rates.ts';
import { OpusFeed } from './opus-feed.ts';

/** Tones and other sounds for a whole room; close to the rate of their files. */
export const roomSoundRateHz = 16_000;

/** Of two, one who speaks and one who doesn't need two encoders anyhow. */
const leastListeners = 3;

/** What a room has to know of who is in it. */
export interface RoomMember extends Candidate {
  /** This tick's frame of the voice. */
  readonly voice: FrameRates;
  /** Whether that frame is in the room's sum. */
  readonly speaks: boolean;
  readonly hearsRoom: boolean;
  readonly spec: { readonly opus?: OpusWishes | undefined };
  /** How much of what it is sent gets lost, in percent. */
  readonly lossPercent: number;
  /** Which encoding it may share with others; null: none, or of a codec other than Opus. */
  readonly feedKey: string | null;
  /** Of what the member hears while it speaks itself. */
  readonly limiter: Limiter;
  /** When it was used last. */
  limitedTick: number;
}

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
  readonly members = new Set<RoomMember>();
  readonly #loudest: Loudest<RoomMember>;
  readonly #sums = new Map<RateHz, Sum>();
  readonly #shared: Record<G711, Shared> = { PCMU: share('PCMU'), PCMA: share('PCMA') };
  /** By `RoomMember.feedKey`. */
  readonly #feeds = new Map<string, OpusFeed>();
  readonly #feedListeners = new Map<string, number>();
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
    this.#keepFeeds();
    const sound = this.#sounds.at(0);
    if (!sound) return;
    if (!sound.read(this.#sound.frame)) this.#sounds.shift();
    this.#voices.push(this.#sound);
  }

  /** True when this member would hear nothing but silence. */
  isSilentFor(member: RoomMember): boolean {
    return this.#voices.length === 0 || this.#isAlone(member);
  }

  /** Everybody but the member, at the rate of `out`. */
  mixFor(member: RoomMember, rateHz: RateHz, out: Int16Array): void {
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

  /** What a member's silent fellows hear in Opus; null: there are none, or it isn't fit to go over to in this tick. */
  feedFor(member: RoomMember): OpusFeed | null {
    const feed = member.feedKey === null ? undefined : this.#feeds.get(member.feedKey);
    if (!feed || this.#isAlone(member)) return null;
    return feed.take(this.#sumAt(feed.rateHz).everybody(this.#tick), this.#tick) ? feed : null;
  }

  /** The payload that all G.711 listeners hear who are silent. */
  sharedPayload(law: G711): Buffer {
    const shared = this.#shared[law];
    if (shared.tick !== this.#tick) {
      shared.tick = this.#tick;
      shared.encoder.encode(this.#sumAt(8000).everybody(this.#tick), shared.payload, 0);
    }
    return shared.payload;
  }

  /** Level of what all listeners hear who are silent, dBov. */
  levelDb(rateHz: RateHz): number {
    return this.#sumAt(rateHz).levelDb(this.#tick);
  }

  /** Nobody else is in the sum. */
  #isAlone(member: RoomMember): boolean {
    return this.#voices.length === 1 && member.speaks;
  }

  /** There is a feed where enough members could be silent together. */
  #keepFeeds(): void {
    const counts = this.#feedListeners;
    counts.clear();
    for (const { feedKey, hearsRoom, spec, lossPercent } of this.members) {
      if (feedKey === null || !hearsRoom) continue;
      const count = (counts.get(feedKey) ?? 0) + 1;
      counts.set(feedKey, count);
      if (count === leastListeners && !this.#feeds.has(feedKey))
        this.#feeds.set(feedKey, new OpusFeed(spec.opus, lossPercent));
    }
    for (const key of this.#feeds.keys())
      if ((counts.get(key) ?? 0) < leastListeners) this.#feeds.delete(key);
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
