import { clockHzOf, createFormatDecoder } from '../../codecs/codec.ts';
import { levelOfG711 } from '../../codecs/g711.ts';
import { assumedLossPercent } from '../../codecs/opus.ts';
import type { RateHz } from '../../codecs/resampler.ts';
import { Leveller } from '../../mixer/levelling.ts';
import { Limiter } from '../../mixer/limiter.ts';
import { Loudness } from '../../mixer/loudness.ts';
import type { Candidate } from '../../mixer/loudest.ts';
import { isSilent, layOver } from '../../mixer/mix.ts';
import type { AudioFormat, MemberFigures, OpusWishes, VoiceBack } from '../../ports.ts';
import type { Player } from '../../prompts/player.ts';
import { levelDbOf } from '../../quality/echo.ts';
import { noFigures } from '../../quality/figures.ts';
import type { RtpView } from '../../rtp/packet.ts';
import type { SoundOptions } from '../../sound.ts';
import { FrameRates, frameSamples } from './frame-rates.ts';
import { idlePayload } from './idle-line.ts';
import { MemberMeter } from './member-meter.ts';
import type { MixRoom } from './mix-room.ts';
import { feedKey, lossStep } from './opus-feed.ts';
import { Outlet } from './outlet.ts';
import { publishBit } from './protocol.ts';
import { createVoiceReturn } from './voice-back.ts';
import type { VoiceReturn } from './voice-back.ts';
import { Voice } from './voice.ts';

/** The room under a prompt: −12 dB, reached and left within 80 ms. */
const duckedGain = 0.25;
const gainStep = 0.1875;
/**
 * Whose voice was no louder for half a second is silent: what all silent members hear has it in it, as quiet as the
 * noise of a line, and need not be made without it for each.
 */
const quietDb = -55;
const quietAfterFrames = 25;

export interface MixMemberSpec extends AudioFormat {
  readonly ssrc: number;
  readonly alternatives?: readonly AudioFormat[] | undefined;
  readonly opus?: OpusWishes | undefined;
  readonly role: 'leg' | 'participant';
}

/** One of the engine's members: what it says, what it hears, and the packets for both. */
export class MixMember implements Candidate {
  readonly spec: MixMemberSpec;
  /** This tick's frame of the voice. */
  readonly voice: FrameRates;
  /** Whether that frame is in the room's sum. */
  speaks = false;
  room: MixRoom | null = null;
  hearsRoom = false;
  muted = false;
  /** The play that was asked for last, while its files are still being read; 0: none. */
  wantedPlay = 0;
  /** Which encoding it may share with others; null: none, or of a codec other than Opus. */
  feedKey: string | null = null;
  lossPercent = assumedLossPercent;
  /** Of what the member hears while it speaks itself. */
  readonly limiter = new Limiter();
  /** When it was used last. */
  limitedTick = -1;
  readonly #inlet: Voice;
  readonly #clockHz: number;
  /** Of each format, by payload type. */
  readonly #clocksHz: (number | undefined)[] = [];
  readonly #loudness = new Loudness();
  readonly #leveller: Leveller | null;
  readonly #comfortNoise: boolean;
  readonly #hears: Outlet | null;
  readonly #meter: MemberMeter | null;
  readonly #playoutLimitMs: number;
  readonly #promptFrame: Int16Array;
  readonly #heardFrame: Int16Array;
  #voiceBack: VoiceReturn | null = null;
  #player: Player | null = null;
  #gain = 1;
  /** How long nothing was louder than a line's noise. */
  #quietFrames = quietAfterFrames;
  /** Level of what is heard in this tick. */
  #heardDb = -Infinity;

  constructor(spec: MixMemberSpec, sound: SoundOptions) {
    const { codec, payloadType, alternatives = [], ssrc } = spec;
    this.spec = spec;
    const formats = [{ codec, payloadType }, ...alternatives];
    const decoder = createFormatDecoder(formats);
    const { rateHz } = decoder;
    const { longestDelayMs } = sound;
    this.#playoutLimitMs = longestDelayMs;
    this.#meter = spec.role === 'leg' ? new MemberMeter(rateHz) : null;
    this.#clockHz = clockHzOf(codec);
    for (const format of formats) this.#clocksHz[format.payloadType] ??= clockHzOf(format.codec);
    this.#inlet = new Voice({ decoder, rateHz, clockHz: this.#clockHz, longestDelayMs });
    this.voice = new FrameRates(rateHz);
    this.#leveller = sound.levelling ? new Leveller() : null;
    this.#comfortNoise = sound.comfortNoise;
    this.#hears = spec.role === 'leg' ? new Outlet(codec, payloadType, ssrc, spec.opus) : null;
    if (spec.role === 'leg' && codec === 'opus') this.feedKey = feedKey(spec.opus, this.lossPercent);
    const samples = this.#hears ? frameSamples(this.#hears.rateHz) : 0;
    this.#promptFrame = new Int16Array(samples);
    this.#heardFrame = new Int16Array(samples);
  }

  /** At which rate the member hears, and what it is played has to be; null: it hears nothing. */
  get hearsAtHz(): RateHz | null {
    return this.#hears?.rateHz ?? null;
  }

  /** How much of what the member is given gets lost, in percent. */
  expectLoss(percent: number): void {
    const step = lossStep(percent);
    this.lossPercent = step;
    this.#hears?.expectLoss(step);
    if (this.feedKey !== null) this.feedKey = feedKey(this.spec.opus, step);
  }

  setVoiceBack(how: VoiceBack): void {
    this.#voiceBack = createVoiceReturn(how, (this.spec.ssrc | publishBit) >>> 0, this.voice.rateHz);
  }

  write(packet: Buffer, view: RtpView, arrivalMs: number): void {
    const clockHz = this.#clocksHz[view.payloadType] ?? this.#clockHz;
    // The jitter buffer has one clock: a format of another is told in its units.
    if (clockHz !== this.#clockHz)
      view.timestamp = Math.floor((view.timestamp * this.#clockHz) / clockHz) >>> 0;
    this.#inlet.put(packet, view, arrivalMs);
    if (!this.listening) this.#guessLoudness(packet, view);
  }

  get present(): boolean {
    return this.#inlet.present && !this.muted;
  }

  /** Callers' voices are decoded whatever the room does: what they send is measured. */
  get needed(): boolean {
    return this.spec.role === 'leg';
  }

  get loudnessDb(): number {
    return this.#loudness.db;
  }

  get listening(): boolean {
    return this.#inlet.listening;
  }

  set listening(listening: boolean) {
    this.#inlet.listening = listening;
  }

  /** Frees what the decoder holds. Idempotent. */
  close(): void {
    this.#inlet.close();
  }

  /** Returns the player that was replaced. */
  play(player: Player | null): Player | null {
    const last = this.#player;
    this.#player = player;
    return last;
  }

  /** Takes the frame of the member's voice for the tick that is due then. */
  pull(dueMs: number): void {
    const { frame } = this.voice;
    const came = this.#inlet.pull(frame, dueMs);
    // Before it is levelled: as it came.
    this.#meter?.came(came ? frame : null);
    this.speaks = came && !this.muted && !isSilent(frame);
    this.#voiceBack?.came(this.speaks ? frame : null);
    if (this.speaks) this.#leveller?.level(frame);
    else this.#leveller?.pause();
    this.#quietFrames = this.speaks && levelDbOf(frame) > quietDb ? 0 : this.#quietFrames + 1;
    if (this.listening) this.#loudness.measure(frame);
  }

  /** What was measured since the member was opened. */
  figures(): MemberFigures {
    const { playoutDelayMs, concealedMs, recoveredMs, lateLost } = this.#inlet.stats();
    return {
      ...noFigures,
      ...this.#meter?.figures(),
      concealedMs,
      recoveredMs,
      latePackets: lateLost,
      playoutDelayMs,
      playoutLimitMs: this.#playoutLimitMs,
    };
  }

  /** The member's voice for the SFU; null: nothing to send. */
  published(tick: number): Buffer | null {
    return this.#voiceBack?.take(this.voice, this.speaks, tick) ?? null;
  }

  /**
   * What the member hears in this tick, as a packet; null for those who only speak, and for silence that need not
   * be sent. Calls `onFinished` when a prompt's last frame is in it.
   */
  heard(tick: number, onFinished: (member: MixMember, player: Player) => void): Buffer | null {
    if (!this.#hears) return null;
    const packet = this.#hear(this.#hears, tick, onFinished);
    this.#meter?.given(this.#heardDb);
    return packet;
  }

  #hear(
    outlet: Outlet,
    tick: number,
    onFinished: (member: MixMember, player: Player) => void,
  ): Buffer | null {
    const room = this.hearsRoom ? this.room : null;
    const audible = room !== null && !room.isSilentFor(this);
    const player = this.#player;
    const { codec } = this.spec;
    const isQuiet = this.#quietFrames >= quietAfterFrames;
    if (!player && this.#gain === 1) {
      const feed = isQuiet ? room?.feedFor(this) : null;
      if (room && feed) {
        this.#heardDb = room.levelDb(outlet.rateHz);
        return outlet.share(feed, tick);
      }
      if (!audible) {
        this.#heardDb = -Infinity;
        return this.#silence(outlet, tick);
      }
      if ((isQuiet || !this.speaks) && (codec === 'PCMU' || codec === 'PCMA')) {
        this.#heardDb = room.levelDb(outlet.rateHz);
        return outlet.copy(room.sharedPayload(codec), tick);
      }
      room.mixFor(this, outlet.rateHz, this.#heardFrame);
      this.#heardDb = levelDbOf(this.#heardFrame);
      return outlet.encode(this.#heardFrame, tick);
    }
    if (audible) room.mixFor(this, outlet.rateHz, this.#heardFrame);
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
    this.#heardDb = levelDbOf(this.#heardFrame);
    return outlet.encode(this.#heardFrame, tick);
  }

  #guessLoudness(packet: Buffer, { payloadStart, payloadEnd }: RtpView): void {
    const { codec } = this.spec;
    if (codec === 'PCMU' || codec === 'PCMA')
      this.#loudness.tell(-levelOfG711(codec, packet, payloadStart, payloadEnd));
    else this.#loudness.guess(payloadEnd - payloadStart);
  }

  #silence(outlet: Outlet, tick: number): Buffer | null {
    const { codec } = this.spec;
    const hisses = this.#comfortNoise && (codec === 'PCMU' || codec === 'PCMA');
    return hisses ? outlet.copy(idlePayload(codec, tick), tick) : outlet.silence(tick);
  }
}
