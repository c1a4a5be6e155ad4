import { randomInt } from 'node:crypto';
import type { RoomCodec, Log, PublishingLink, PublishingLinkOptions } from '../ports.ts';
import { LinkError } from './errors.ts';
import { Keeper } from './keeper.ts';
import { PublishSession } from './publish-session.ts';
import { SenderReports } from './rtcp.ts';
import { RtpRewriter } from './rtp.ts';

/** Often enough for receivers to align audio and video, rare enough to cost nothing (RFC 3550 §6.2). */
const SENDER_REPORT_EVERY_MS = 3000;

export interface LinkEnvironment {
  readonly log: Log;
  readonly bindAddress: string | undefined;
}

/** Joins as one caller and publishes its track; see `LinkFactory.publish`. */
export async function openPublishingLink(
  environment: LinkEnvironment,
  options: PublishingLinkOptions,
  signal: AbortSignal,
): Promise<PublishingLink> {
  const link = new EncodedPublishingLink(environment, options);
  await link.start(signal);
  return link;
}

class EncodedPublishingLink implements PublishingLink {
  readonly #options: PublishingLinkOptions;
  readonly #keeper: Keeper<PublishSession>;
  /** The stream goes on over our own rejoin, so its SSRC stays. */
  readonly #ssrc = randomInt(1, 2 ** 32 - 1);
  readonly #reports = new SenderReports(this.#ssrc);
  #rewriter: RtpRewriter | null = null;
  #codec: RoomCodec;
  #muted = false;
  #lastReportAtMs = Number.NEGATIVE_INFINITY;
  #participantSid = '';
  #identity = '';

  constructor({ log, bindAddress }: LinkEnvironment, options: PublishingLinkOptions) {
    this.#options = options;
    this.#codec = options.codec;
    const sessionOptions = {
      access: options.access,
      chooseCodec: (enabled: ReadonlySet<RoomCodec>) => this.#chooseCodec(enabled),
      trackName: options.trackName,
      ssrc: this.#ssrc,
      muted: () => this.#muted,
      bindAddress,
      onMuted: (muted: boolean) => this.#mutedByHost(muted),
      log,
    };
    this.#keeper = new Keeper({
      open: async (onOver, signal) => this.#adopt(await PublishSession.open(sessionOptions, onOver, signal)),
      onState: options.onState,
      onEnd: options.onEnd,
      log,
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#keeper.start(signal);
  }

  get participantSid(): string {
    return this.#participantSid;
  }

  get identity(): string {
    return this.#identity;
  }

  get codec(): RoomCodec {
    return this.#codec;
  }

  /** The first join settles the codec: whoever writes packets has chosen its encoder by it. */
  #chooseCodec(enabled: ReadonlySet<RoomCodec>): RoomCodec {
    if (enabled.has(this.#codec)) return this.#codec;
    if (this.#rewriter === null && enabled.has('opus')) {
      this.#codec = 'opus';
      return 'opus';
    }
    throw new LinkError('LINK_NO_CODEC', `the room takes no ${this.#codec}`);
  }

  #adopt(session: PublishSession): PublishSession {
    this.#rewriter ??= new RtpRewriter(this.#ssrc, this.#codec);
    this.#rewriter.useExtensions(session.extensions);
    this.#participantSid = session.participantSid;
    this.#identity = session.identity;
    this.#lastReportAtMs = Number.NEGATIVE_INFINITY;
    return session;
  }

  write(packet: Buffer, levelDbov: number): void {
    const session = this.#keeper.current;
    if (session === null || this.#muted) return;
    const rewriter = this.#rewriter;
    const out = rewriter?.rewrite(packet, levelDbov) ?? null;
    if (rewriter === null || out === null) return;
    const now = performance.now();
    session.send(out, now);
    this.#reports.count(out.length - rewriter.headerBytes);
    if (now - this.#lastReportAtMs < SENDER_REPORT_EVERY_MS) return;
    this.#lastReportAtMs = now;
    session.send(this.#reports.report(out.readUInt32BE(4), Date.now()), now);
  }

  setMuted(muted: boolean): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#keeper.current?.setMuted(muted);
  }

  #mutedByHost(muted: boolean): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#options.onMuted(muted);
  }

  publishVideo(): Promise<never> {
    return Promise.reject(new LinkError('LINK_NO_CODEC', 'these links carry no video'));
  }

  close(): Promise<void> {
    return this.#keeper.close();
  }
}
