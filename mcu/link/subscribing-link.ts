import type { SpeakerInfo } from '@livekit/protocol';
import type { PictureSize, SubscribingLink, SubscribingLinkOptions } from '../ports.ts';
import { Keeper } from './keeper.ts';
import type { LinkEnvironment } from './publishing-link.ts';
import type { RosterChange } from './roster.ts';
import { Speakers } from './speakers.ts';
import { SubscribeSession } from './subscribe-session.ts';

/** Joins as the hidden member; see `LinkFactory.subscribe`. */
export async function openSubscribingLink(
  environment: LinkEnvironment,
  options: SubscribingLinkOptions,
  signal: AbortSignal,
): Promise<SubscribingLink> {
  const link = new EncodedSubscribingLink(environment, options);
  await link.start(signal);
  return link;
}

class EncodedSubscribingLink implements SubscribingLink {
  readonly #options: SubscribingLinkOptions;
  readonly #keeper: Keeper<SubscribeSession>;
  /** Tracks that were asked for, so that a rejoin can ask again. */
  readonly #wanted = new Set<string>();
  readonly #shown = new Map<string, PictureSize>();
  readonly #speakers = new Speakers();
  #closed = false;

  constructor({ log, bindAddress }: LinkEnvironment, options: SubscribingLinkOptions) {
    this.#options = options;
    const sessionOptions = {
      access: options.access,
      bindAddress,
      onRoster: (change: RosterChange) => this.#tell(change),
      onPacket: (trackSid: string, packet: Buffer) => {
        if (!this.#closed) options.onPacket(trackSid, packet);
      },
      onSpeakers: (changes: readonly SpeakerInfo[]) => {
        this.#speakers.update(changes);
        this.#tellSpeakers();
      },
      log,
    };
    this.#keeper = new Keeper({
      open: (onOver, signal) => SubscribeSession.open(sessionOptions, onOver, signal),
      onState: (state) => {
        options.onState(state);
        if (state === 'restored') this.#takeUp();
        else this.#tellSpeakers();
      },
      onEnd: options.onEnd,
      log,
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#keeper.start(signal);
    // Whoever asks for the link may want to know at once who is there, to take no name that is taken.
    this.#tell({ participants: true, tracks: true });
  }

  /** After a rejoin: asks again for the tracks that are still there; the owner hears of the others. */
  #takeUp(): void {
    const session = this.#keeper.current;
    const there = new Set(session?.roster.tracks().map((track) => track.sid));
    for (const sid of this.#wanted) if (!there.has(sid)) this.#wanted.delete(sid);
    for (const sid of this.#shown.keys()) if (!there.has(sid)) this.#shown.delete(sid);
    for (const [sid, size] of this.#shown) session?.setShown(sid, size);
    if (this.#wanted.size > 0) session?.setSubscribed([...this.#wanted], true);
    this.#tell({ participants: true, tracks: true });
  }

  #tell(change: RosterChange): void {
    const session = this.#keeper.current;
    if (session === null) return;
    if (change.participants) this.#options.onParticipants(session.roster.participants());
    if (change.tracks) this.#options.onTracks(session.roster.tracks());
    this.#tellSpeakers();
  }

  /** The SFU tells only of those whose tracks we take, and doesn't say that one whom it tells of no more is silent. */
  #tellSpeakers(): void {
    if (this.#closed) return;
    const heard = (this.#keeper.current?.roster.tracks() ?? []).filter(({ sid }) => this.#wanted.has(sid));
    const changed = this.#speakers.changed(
      (sid) => heard.find(({ participantSid }) => participantSid === sid)?.participantIdentity ?? null,
    );
    if (changed !== null) this.#options.onSpeakers?.(changed);
  }

  setSubscribed(trackSids: readonly string[], subscribed: boolean): void {
    if (trackSids.length === 0) return;
    for (const sid of trackSids) {
      if (subscribed) {
        this.#wanted.add(sid);
      } else {
        this.#wanted.delete(sid);
        this.#shown.delete(sid);
      }
    }
    this.#keeper.current?.setSubscribed(trackSids, subscribed);
    if (!subscribed) this.#tellSpeakers();
  }

  setShown(trackSid: string, size: PictureSize): void {
    const before = this.#shown.get(trackSid);
    if (before?.width === size.width && before.height === size.height) return;
    this.#shown.set(trackSid, size);
    this.#keeper.current?.setShown(trackSid, size);
  }

  requestKeyFrame(trackSid: string): void {
    this.#keeper.current?.requestKeyFrame(trackSid);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#keeper.close();
  }
}
