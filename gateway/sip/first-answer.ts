import type { MediaLeg } from '../ports.ts';
import type { SdpBody } from './body.ts';
import { beginEarly, giveAnswer, makeFirstOffer, prepareAnswer } from './first-exchange.ts';
import type { FirstExchange, PreparedAnswer } from './first-exchange.ts';
import type { Progress } from './progress.ts';
import { videoWarning } from './reasons.ts';

export interface FirstAnswerOptions {
  readonly body: Exclude<SdpBody, { kind: 'refused' }>;
  readonly progress: Progress;
  /** Opens the media. */
  readonly open: () => Promise<FirstExchange>;
}

/** What an INVITE's description is answered with: one answer, in a 183 where somebody wants that, and in the 200. */
export class FirstAnswer {
  readonly #options: FirstAnswerOptions;
  #prepared: Promise<readonly [FirstExchange, PreparedAnswer]> | null = null;
  #early: Promise<MediaLeg> | null = null;

  constructor(options: FirstAnswerOptions) {
    this.#options = options;
  }

  /** See `Leg.hearEarly`. */
  async early(): Promise<MediaLeg | null> {
    const { body, progress } = this.#options;
    const way = progress.earlyWay;
    if (body.kind !== 'sdp' || way === null) return null;
    return (this.#early ??= this.#beginEarly(body.sdp, way));
  }

  /** In the 200; who has offered nothing gets an offer in it. Throws `LegError`. */
  async give(): Promise<MediaLeg> {
    const { body, open } = this.#options;
    if (body.kind !== 'sdp') {
      const exchange = await open();
      await makeFirstOffer(exchange);
      return exchange.media;
    }
    if (this.#early) await this.#early;
    const [exchange, prepared] = await this.#prepare(body.sdp);
    await giveAnswer(exchange, prepared);
    return exchange.media;
  }

  async #beginEarly(offerSdp: string, way: 'reliably' | 'plainly'): Promise<MediaLeg> {
    const [exchange, prepared] = await this.#prepare(offerSdp);
    const { answerSdp, videoRefused } = prepared.answer;
    await this.#options.progress.describe(way, answerSdp, videoWarning(videoRefused));
    await beginEarly(exchange, prepared);
    return exchange.media;
  }

  #prepare(offerSdp: string): Promise<readonly [FirstExchange, PreparedAnswer]> {
    return (this.#prepared ??= (async () => {
      const exchange = await this.#options.open();
      return [exchange, await prepareAnswer(exchange, offerSdp)] as const;
    })());
  }
}
