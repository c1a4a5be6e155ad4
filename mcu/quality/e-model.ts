/**
 * The E-model (ITU-T G.107, 06/2015): how good a call sounds, computed from loss and delay. All that a packet
 * network does not change has the default values of its table 3, for which R is 93.2 and MOS 4.41 (§7.7). The table
 * covers loss of up to 20 % and one-way delays of up to 500 ms; beyond, the same formulas go on.
 */
import type { AudioCodec } from '../ports.ts';

/** Basic signal-to-noise ratio Ro (eq. 7-2) at the default noise No of −61.18 dBm0p (eq. 7-3) and SLR 8 dB. */
const basicSignalToNoise = 94.77;
/** Simultaneous impairment Is (eq. 7-8) at the defaults: loudness Iolr 0.440, side tone Ist −0.001, one qdu Iq 0.974. */
const simultaneousImpairment = 1.414;
/** Echo of the talker is well attenuated (TELR 65 dB), that of the listener absent (WEPL 110 dB). */
const talkerEchoLoudnessDb = 65;
const weightedEchoPathLossDb = 110;
/** Roe of the talker's echo (eq. 7-20): −1.5 · (No − RLR), RLR 2 dB. */
const echoSignalToNoise = 94.77;

interface Impairment {
  /** Equipment impairment Ie without loss. */
  readonly ie: number;
  /** Packet-loss robustness Bpl, percent. */
  readonly bpl: number;
}

/**
 * G.113 appendix I: G.711 with concealment (without it Bpl would be 4.3). It has no narrowband figures for G.722 and
 * none at all for Opus: they count as no worse than G.711, and their concealment as equally good. docs/media.md says
 * why they are not rated by the wideband model (G.107.1).
 */
const impairments = {
  PCMU: { ie: 0, bpl: 25.1 },
  PCMA: { ie: 0, bpl: 25.1 },
  G722: { ie: 0, bpl: 25.1 },
  opus: { ie: 0, bpl: 25.1 },
} as const satisfies Record<AudioCodec, Impairment>;

export interface Path {
  readonly codec: AudioCodec;
  /** Packets that were not played: lost or too late, percent. */
  readonly lossPercent: number;
  /** Mean length of loss runs over that of random loss; 1: random. */
  readonly burstRatio: number;
  /** From mouth to ear, one way. */
  readonly delayMs: number;
}

/** The transmission rating R, 0–93.2. */
export function ratingOf({ codec, lossPercent, burstRatio, delayMs }: Path): number {
  const loss = between(0, lossPercent, 100);
  const { ie, bpl } = impairments[codec];
  // Eq. 7-29; the burst ratio is defined from 1 (random loss) on. Without loss the quotient is 0/Bpl, whatever the ratio.
  const equipment = ie + ((95 - ie) * loss) / (loss / Math.max(1, burstRatio) + bpl);
  const rating =
    basicSignalToNoise - simultaneousImpairment - delayImpairment(Math.max(0, delayMs)) - equipment;
  return between(0, rating, 100);
}

/** Annex B, eq. B-4: the mean opinion score of a rating, 1–4.5. */
export function mosOf(rating: number): number {
  if (rating >= 100) return 4.5;
  // The polynomial dips below 1 for the very worst ratings.
  return Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}

/** Id (eq. 7-18) of a path that is as long in both directions: talker's echo, listener's echo, and waiting itself. */
function delayImpairment(oneWayMs: number): number {
  return talkerEcho(oneWayMs) + listenerEcho(2 * oneWayMs) + longDelay(oneWayMs);
}

/** Eq. 7-19 to 7-22; an echo that is this well attenuated would improve paths of 1 to 3 ms by the formula. */
function talkerEcho(ms: number): number {
  const echo =
    talkerEchoLoudnessDb - 40 * Math.log10((1 + ms / 10) / (1 + ms / 150)) + 6 * Math.exp(-0.3 * ms * ms);
  const half = (echoSignalToNoise - (80 + 2.5 * (echo - 14))) / 2;
  return Math.max(0, half + Math.sqrt(half * half + 100) - 1) * (1 - Math.exp(-ms));
}

/** Eq. 7-25 and 7-26. */
function listenerEcho(roundTripMs: number): number {
  const echo = 10.5 * (weightedEchoPathLossDb + 7) * (roundTripMs + 1) ** -0.25;
  const half = (basicSignalToNoise - echo) / 2;
  return half + Math.sqrt(half * half + 169);
}

/** Eq. 7-27 and 7-28: nothing up to 100 ms. */
function longDelay(ms: number): number {
  if (ms <= 100) return 0;
  const x = Math.log2(ms / 100);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}

function between(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
