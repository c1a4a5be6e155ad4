import type { RateHz } from './resampler.ts';

/** RTP payload → samples. */
export interface AudioDecoder {
  readonly rateHz: RateHz;
  /** Writes into `out` from `at`, never beyond its end; returns the number of samples, 0 for garbage. */
  decode(packet: Buffer, start: number, end: number, out: Int16Array, at: number): number;
  /**
   * The codec's own concealment, for those that have one: writes `count` samples, whole 10 ms, in place of
   * what is lost. Returns the number of samples; 0: it has nothing to offer.
   */
  conceal?(count: number, out: Int16Array, at: number): number;
  /** How much of what was before it a packet repeats (in-band FEC), in ms; 0: nothing. */
  repeatedMs?(packet: Buffer, start: number, end: number): number;
  /** That sound, before the packet itself is decoded; returns the number of samples. */
  recover?(packet: Buffer, start: number, end: number, out: Int16Array, at: number): number;
  /** For those that hold memory of their own. Idempotent. */
  close?(): void;
}

/** 20 ms of samples → RTP payload. */
export interface AudioEncoder {
  readonly rateHz: RateHz;
  /** How far RTP timestamps go on per frame. */
  readonly timestampStep: number;
  /** The largest payload that it writes. */
  readonly maxBytes: number;
  /** Writes into `out` from `at`; returns the number of octets, 0: silence that need not be sent. */
  encode(samples: Int16Array, out: Buffer, at: number): number;
  /** How much of what is sent gets lost, 0–100; for those that can do something about it. */
  expectLoss?(percent: number): void;
  /** For those with a memory that can be made anew: goes on after another encoder, which coded these frames last. */
  takeUp?(lastButOne: Int16Array, last: Int16Array): void;
}
