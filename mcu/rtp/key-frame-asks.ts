import type { VideoFeedback } from '../ports.ts';

/** How a device is asked for a key frame: in RTCP (RFC 4585 §6.3.1, RFC 5104 §4.3.1) or by signalling (RFC 5168). */
export type KeyFrameAsk = 'pli' | 'fir' | 'signalling';

/** Asked more often, many encoders would send nothing but key frames. */
const pauseMs = { rtcp: 500, signalling: 1000, most: 4000 };
/** As many questions of a kind that get no answer show that it does not work, whatever was agreed. */
const asksOfAKind = 2;

/** Asks a device for a key frame until one comes: rarer as it goes on, and in every way that there is. */
export class KeyFrameAsks {
  readonly #now: () => number;
  readonly #ask: (how: KeyFrameAsk) => void;
  #ways: readonly KeyFrameAsk[] = ['signalling'];
  #wanted = false;
  #unanswered = 0;
  #nextMs = -Infinity;
  asked = 0;

  constructor(now: () => number, ask: (how: KeyFrameAsk) => void) {
    this.#now = now;
    this.#ask = ask;
  }

  configure({ pli, fir }: VideoFeedback): void {
    this.#ways = [...(pli ? (['pli'] as const) : []), ...(fir ? (['fir'] as const) : []), 'signalling'];
    this.#unanswered = 0;
  }

  /** Asks now, or as soon as the last question is long enough ago. */
  want(): void {
    this.#wanted = true;
    this.tick();
  }

  /** A key frame has begun to come. */
  answered(): void {
    this.#wanted = false;
    this.#unanswered = 0;
    // The next one may be asked for as soon as pauses allow.
    this.#nextMs = Math.min(this.#nextMs, this.#now() + pauseMs.signalling);
  }

  /** Nothing is to be asked for any more. */
  drop(): void {
    this.#wanted = false;
    this.#unanswered = 0;
  }

  /** To be called a few times a second. */
  tick(): void {
    const nowMs = this.#now();
    if (!this.#wanted || nowMs < this.#nextMs) return;
    const way = Math.floor(this.#unanswered / asksOfAKind);
    const how = this.#ways[Math.min(way, this.#ways.length - 1)];
    const pause = how === 'signalling' ? pauseMs.signalling : pauseMs.rtcp;
    this.#nextMs = nowMs + Math.min(pauseMs.most, pause * 2 ** Math.max(0, this.#unanswered - 1));
    this.#unanswered++;
    this.asked++;
    this.#ask(how);
  }
}
