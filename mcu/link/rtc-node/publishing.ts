import {
  AudioFrame,
  AudioSource,
  LocalAudioTrack,
  RoomEvent,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import { clockHzOf, createDecoder } from '../../codecs/codec.ts';
import type { AudioDecoder } from '../../codecs/coder.ts';
import type { Log, PublishingLink, PublishingLinkOptions } from '../../ports.ts';
import { LinkError } from '../errors.ts';
import { Keeper } from '../keeper.ts';
import { payloadEnd, payloadStart } from '../rtp.ts';
import { orAbort } from '../waits.ts';
import { muteTrack } from './library.ts';
import { OwnMute } from './own-mute.ts';
import { type RtcSession, RtcSessions } from './session.ts';

/** Silence ahead of a stream that begins or has paused, so that a packet may come this much later than the first one. */
const cushionMs = 40;
/** A burst after a gap must not become a delay for good. */
const mostQueuedMs = 160;
const rateHz = clockHzOf('opus');
/** The longest packet, 120 ms at 48 kHz (RFC 6716 §2.1.4). */
const mostSamples = 5760;

/** Joins as one caller and publishes its track; see `LinkFactory.publish`. */
export async function openRtcPublishingLink(
  log: Log,
  options: PublishingLinkOptions,
  signal: AbortSignal,
): Promise<PublishingLink> {
  const link = new RtcPublishingLink(log, options);
  await link.start(signal);
  return link;
}

interface Publication {
  readonly source: AudioSource;
  readonly mute: OwnMute;
  /** Holds memory until it is closed. */
  readonly decoder: AudioDecoder;
  close(): Promise<void>;
}

class RtcPublishingLink implements PublishingLink {
  /** The library encodes to nothing else. Whatever the caller speaks comes here by the engine, which evens it out. */
  readonly codec = 'opus';
  readonly #options: PublishingLinkOptions;
  readonly #sessions: RtcSessions;
  readonly #keeper: Keeper<Publication>;
  readonly #samples = new Int16Array(mostSamples);
  readonly #silence = new Int16Array((rateHz * cushionMs) / 1000);
  #sequence = -1;
  #muted = false;
  #participantSid = '';
  #identity = '';

  constructor(log: Log, options: PublishingLinkOptions) {
    this.#options = options;
    this.#sessions = new RtcSessions(options.access);
    this.#keeper = new Keeper({
      open: async (onOver, until) => {
        const session = await this.#sessions.join(onOver, until);
        try {
          return await this.#publish(session, until);
        } catch (error) {
          await session.close();
          throw error;
        }
      },
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

  async #publish(session: RtcSession, signal: AbortSignal): Promise<Publication> {
    const { room, local } = session;
    const source = new AudioSource(rateHz, 1, mostQueuedMs + cushionMs);
    const track = LocalAudioTrack.createAudioTrack(this.#options.trackName, source);
    const mute = new OwnMute((muted) => muteTrack(track, muted));
    const onChange = (identity: string, muted: boolean): void => {
      if (identity === local.identity && !mute.isEcho(muted)) this.#mutedByHost(muted);
    };
    room.on(RoomEvent.TrackMuted, (_publication, { identity }) => onChange(identity, true));
    room.on(RoomEvent.TrackUnmuted, (_publication, { identity }) => onChange(identity, false));
    const options = { source: TrackSource.SOURCE_MICROPHONE, red: false, dtx: false };
    try {
      await orAbort(local.publishTrack(track, new TrackPublishOptions(options)), signal);
    } catch (error) {
      await source.close();
      throw error;
    }
    const decoder = createDecoder('opus');
    if (this.#muted) mute.set(true);
    this.#participantSid = local.sid ?? '';
    this.#identity = local.identity;
    const close = async (): Promise<void> => {
      await session.close();
      await source.close();
      decoder.close?.();
    };
    return { source, mute, decoder, close };
  }

  /** The library wants a copy and gives a promise for each packet; the level it measures itself. */
  write(packet: Buffer): void {
    const publication = this.#keeper.current;
    if (publication === null || this.#muted || !this.#isNext(packet)) return;
    const { source, decoder } = publication;
    const start = payloadStart(packet);
    const end = start < 0 ? -1 : payloadEnd(packet, start);
    if (end <= start) return;
    const count = decoder.decode(packet, start, end, this.#samples, 0);
    const queuedMs = source.queuedDuration;
    if (count === 0 || queuedMs > mostQueuedMs) return;
    if (queuedMs === 0) this.#say(source, this.#silence);
    this.#say(source, this.#samples.slice(0, count));
  }

  /** The library takes sound, not packets: what comes too late has no place in it any more. */
  #isNext(packet: Buffer): boolean {
    if (packet.length < 4) return false;
    const sequence = packet.readUInt16BE(2);
    const ahead = (sequence - this.#sequence) & 0xffff;
    if (this.#sequence >= 0 && (ahead === 0 || ahead >= 0xff00)) return false;
    this.#sequence = sequence;
    return true;
  }

  #say(source: AudioSource, samples: Int16Array): void {
    const frame = new AudioFrame(samples, rateHz, 1, samples.length);
    // It fails when the link is closed meanwhile.
    source.captureFrame(frame).catch(() => undefined);
  }

  publishVideo(): Promise<never> {
    return Promise.reject(
      new LinkError('LINK_NO_CODEC', 'rtc-node takes decoded pictures only: these links carry no video'),
    );
  }

  setMuted(muted: boolean): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#keeper.current?.mute.set(muted);
  }

  #mutedByHost(muted: boolean): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#options.onMuted(muted);
  }

  close(): Promise<void> {
    return this.#keeper.close();
  }
}
