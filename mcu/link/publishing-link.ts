import { randomInt } from 'node:crypto';
import type {
  Log,
  PublishedVideo,
  PublishedVideoOptions,
  PublishingLink,
  PublishingLinkOptions,
  RoomCodec,
} from '../ports.ts';
import { LinkError } from './errors.ts';
import { Keeper } from './keeper.ts';
import type { SfuReports } from './media-watch.ts';
import { PublishedCamera } from './published-camera.ts';
import { MIDS } from './publisher-peer.ts';
import { PublishSession } from './publish-session.ts';
import { SenderReports } from './rtcp.ts';
import { RtpRewriter } from './rtp.ts';
import { orAbort } from './waits.ts';

/** Often enough for receivers to align audio and video, rare enough to cost nothing (RFC 3550 §6.2). */
const SENDER_REPORT_EVERY_MS = 3000;

export interface LinkEnvironment {
  readonly log: Log;
  readonly bindAddress: string | undefined;
  readonly reports: SfuReports;
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
  readonly #log: Log;
  #rewriter: RtpRewriter | null = null;
  #camera: PublishedCamera | null = null;
  #codec: RoomCodec;
  #muted = false;
  #lastReportAtMs = Number.NEGATIVE_INFINITY;
  #participantSid = '';
  #identity = '';

  constructor({ log, bindAddress, reports }: LinkEnvironment, options: PublishingLinkOptions) {
    this.#options = options;
    this.#log = log;
    this.#codec = options.codec;
    const sessionOptions = {
      access: options.access,
      chooseCodec: (enabled: ReadonlySet<RoomCodec>) => this.#chooseCodec(enabled),
      trackName: options.trackName,
      ssrc: this.#ssrc,
      muted: () => this.#muted,
      bindAddress,
      onMuted: (muted: boolean) => this.#mutedByHost(muted),
      reports,
      log,
    };
    this.#keeper = new Keeper({
      open: async (onOver, signal) => this.#adopt(await PublishSession.open(sessionOptions, onOver, signal)),
      onState: (state) => {
        options.onState(state);
        if (state === 'restored') this.#carryOn();
        else this.#camera?.use(null);
      },
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
    this.#rewriter ??= new RtpRewriter(this.#ssrc, this.#codec, MIDS.voice);
    this.#rewriter.useExtensions(session.extensions);
    this.#participantSid = session.participantSid;
    this.#identity = session.identity;
    this.#lastReportAtMs = Number.NEGATIVE_INFINITY;
    return session;
  }

  write(packet: Buffer, levelDbov: number, capturedMs = Date.now()): void {
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
    session.send(this.#reports.report(out.readUInt32BE(4), capturedMs), now);
  }

  setMuted(muted: boolean): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#keeper.current?.tellMuted();
  }

  #mutedByHost(muted: boolean): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#options.onMuted(muted);
  }

  async publishVideo(options: PublishedVideoOptions, signal?: AbortSignal): Promise<PublishedVideo> {
    signal?.throwIfAborted();
    const session = this.#keeper.current;
    if (session === null) throw new LinkError('LINK_LOST', 'the link is lost at the moment');
    if (this.#camera !== null) throw new LinkError('LINK_REFUSED', 'one camera is published at a time');
    const camera = new PublishedCamera(options, (one) => this.#takeOut(one));
    this.#camera = camera;
    try {
      const carried = this.#carry(session, camera);
      await (signal === undefined ? carried : orAbort(carried, signal));
      return camera;
    } catch (error) {
      await this.#takeOut(camera);
      throw error;
    }
  }

  async #carry(session: PublishSession, camera: PublishedCamera): Promise<void> {
    const { mid } = await session.carryCamera(camera);
    if (this.#keeper.current === session && this.#camera === camera) camera.use(session, mid);
  }

  /** After a rejoin: the room gets the camera again. Without it the voice goes on. */
  #carryOn(): void {
    const [session, camera] = [this.#keeper.current, this.#camera];
    if (session === null || camera === null) return;
    this.#carry(session, camera).catch((error: unknown) => {
      this.#log.warn(
        { cause: error instanceof Error ? error.message : String(error) },
        'the camera could not be published again',
      );
    });
  }

  async #takeOut(camera: PublishedCamera): Promise<void> {
    if (this.#camera !== camera) return;
    this.#camera = null;
    // A session that is over has taken it along.
    await this.#keeper.current?.dropCamera(camera).catch(() => undefined);
  }

  close(): Promise<void> {
    return this.#keeper.close();
  }
}
