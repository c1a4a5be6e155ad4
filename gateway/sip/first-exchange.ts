import { LegError } from '../errors.ts';
import { inTime } from '../in-time.ts';
import type { LegMediaConfig, Log, MediaDirection, MediaLeg } from '../ports.ts';
import type { LegLife } from './leg-life.ts';
import type { LegVideo } from './leg-video.ts';
import type { SipLimits } from './limits.ts';
import type { Ends, ResolveHost } from './media-address.ts';
import { withAddress } from './media-address.ts';
import type { SipWarning } from './reasons.ts';
import type { Answer } from './offer-answer.ts';
import type { Session } from './renegotiation.ts';
import { readAnswerIn } from './renegotiation.ts';
import type { SdpSession } from './sdp-session.ts';
import type { SipRequest } from './srf-messages.ts';
import { unusable } from './stream-line.ts';
import type { Unusable } from './stream-line.ts';

/** The offer and answer that an INVITE begins with. */
export interface FirstExchange {
  readonly media: MediaLeg;
  readonly sdp: SdpSession;
  readonly video: LegVideo;
  readonly ends: Ends;
  readonly life: LegLife;
  /** Hears what was agreed on, before media carries it out. */
  readonly settled: (config: LegMediaConfig) => void;
  readonly limits: SipLimits;
  readonly resolve: ResolveHost;
  readonly log: Log;
  /** Sends the 200, with why there is no video. */
  readonly accept: (
    localSdp: string,
    first: 'their-offer' | 'our-offer',
    warning?: SipWarning | null,
  ) => Promise<Accepted>;
}

/** A call whose 200 is out. */
export interface Accepted {
  readonly session: Session;
  /** The first exchange is over: another offer may come. */
  readonly settled: () => void;
  /** The 200's ACK; null: it did not come, or the call is over. */
  readonly ack: Promise<SipRequest | null>;
}

/** An offer that can't be taken, and what exactly is wrong with it. */
export class OfferRefused extends LegError {
  readonly warning: SipWarning;

  constructor({ reason, warning }: Unusable) {
    super(reason);
    this.warning = warning;
  }
}

/** An answer that holds from its first response on, be that a 183 or the 200. */
export interface PreparedAnswer {
  readonly answer: Answer;
  /** What it comes to. */
  readonly config: LegMediaConfig;
  /** What of it the media leg carries out so far. */
  current: LegMediaConfig;
}

/**
 * RFC 3264 §6: answers the offer, and has media listen: whoever gets the answer may speak and type at once. But nothing
 * is sent yet: an INVITE's addresses are only claimed until something shows that our answer got there, and a flood must
 * find no amplifier here. Throws `LegError`, for an offer that can't be taken `OfferRefused`.
 */
export async function prepareAnswer(exchange: FirstExchange, offerSdp: string): Promise<PreparedAnswer> {
  const { sdp, ends, resolve, limits, life } = exchange;
  await exchange.video.beforeAnswer(offerSdp);
  life.throwIfOver();
  const answer = sdp.answer(offerSdp);
  if (!answer.ok) throw refuseOffer(exchange.log, answer);
  const config = await withAddress(answer.media, ends, resolve, limits.resolveMs);
  if (!config) {
    const text = `No address is known for ${answer.media.remote.address}`;
    throw refuseOffer(exchange.log, unusable('bad-offer', 301, text));
  }
  const current = { ...onlyListening(config), confirmed: false };
  await configure(exchange, current);
  exchange.video.settled(answer);
  return { answer, config, current };
}

/** The answer is out in a provisional response, to somebody who is where the offer says: it is carried out. */
export async function beginEarly(exchange: FirstExchange, prepared: PreparedAnswer): Promise<void> {
  const { answerSdp, shape, media } = prepared.answer;
  exchange.sdp.commit(answerSdp, shape, media);
  await configure(exchange, prepared.config);
  prepared.current = prepared.config;
}

/** RFC 3261 §13.3.1: the answer goes out in the 200, the same that a 183 has had. Throws `LegError`. */
export async function giveAnswer(exchange: FirstExchange, prepared: PreparedAnswer): Promise<void> {
  const { sdp, life } = exchange;
  const { answerSdp, shape, media, videoRefused } = prepared.answer;
  const { session, settled, ack } = await exchange.accept(answerSdp, 'their-offer', videoRefused);
  const { config, current } = prepared;
  session.current = current;
  sdp.commit(answerSdp, shape, media);
  settled();
  const confirmed = await ack;
  life.throwIfOver();
  if (confirmed === null) throw new LegError('peer-unreachable');
  // Unless a re-INVITE was faster, or a 183 early enough.
  if (session.current !== current || current === config || !sends(config)) return;
  await configure(exchange, config);
  session.current = config;
}

/** RFC 3261 §13.3.1: an INVITE without offer gets ours in the 200; the answer is in the ACK. Throws `LegError`. */
export async function makeFirstOffer(exchange: FirstExchange): Promise<void> {
  const { sdp, life } = exchange;
  await exchange.video.beforeOffer();
  life.throwIfOver();
  const { offerSdp, shape } = sdp.offer();
  const { session, settled, ack } = await exchange.accept(offerSdp, 'our-offer');
  sdp.commit(offerSdp, shape);
  const answered = await ack;
  const config = await readAnswerIn(session, answered, shape);
  life.throwIfOver();
  if (config === null || config === 'over') throw new LegError(answered ? 'bad-offer' : 'peer-unreachable');
  await configure(exchange, config);
  session.current = config;
  settled();
}

async function configure(exchange: FirstExchange, config: LegMediaConfig): Promise<void> {
  const { media, life } = exchange;
  exchange.settled(config);
  try {
    await inTime(exchange.limits.mediaMs, 'media-unavailable', media.configure(config));
  } catch (error) {
    throw new LegError('media-unavailable', error);
  }
  life.throwIfOver();
}

/** What to throw at an offer that can't be taken. */
export function refuseOffer(log: Log, why: Unusable): OfferRefused {
  log.info({ reason: why.reason, detail: why.warning.text }, 'offer refused');
  return new OfferRefused(why);
}

function onlyListening(config: LegMediaConfig): LegMediaConfig {
  const { direction, video } = config;
  return {
    ...config,
    direction: withoutSending[direction],
    ...(video && { video: { ...video, direction: withoutSending[video.direction] } }),
  };
}

function sends({ direction, video }: LegMediaConfig): boolean {
  return [direction, video?.direction].some((one) => one === 'sendrecv' || one === 'sendonly');
}

const withoutSending = {
  sendrecv: 'recvonly',
  recvonly: 'recvonly',
  sendonly: 'inactive',
  inactive: 'inactive',
} as const satisfies Record<MediaDirection, MediaDirection>;
