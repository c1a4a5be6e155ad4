import type { MemberFigures } from '../../ports.ts';
import { ClippingMeter } from '../../quality/clipping.ts';
import { EchoFinder, levelDbOf } from '../../quality/echo.ts';

/** Quieter frames have no flat tops at full scale, and are not searched for them. */
const clippingDb = -20;

/** What is measured of a leg's sound in the engine: a level per tick and direction, flat tops, echoes. */
export class MemberMeter {
  readonly #rateHz: number;
  readonly #clipping = new ClippingMeter();
  readonly #echo = new EchoFinder();
  #voiceDb = -Infinity;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
  }

  /** This tick's frame from the leg; null: nothing came. */
  came(frame: Int16Array | null): void {
    this.#voiceDb = frame ? levelDbOf(frame) : -Infinity;
    if (frame && this.#voiceDb > clippingDb) this.#clipping.push(frame);
    else this.#clipping.skip();
  }

  /** The level of what the leg is given in this tick; after `came`. */
  given(db: number): void {
    this.#echo.push(db, this.#voiceDb);
  }

  figures(): Pick<MemberFigures, 'clippedMs' | 'echoOfSent' | 'echoOfReceived'> {
    return {
      clippedMs: (this.#clipping.clippedSamples * 1000) / this.#rateHz,
      echoOfSent: this.#echo.ofOut,
      echoOfReceived: this.#echo.ofBack,
    };
  }
}
