/** A caller's one stay in the room: session, AddTrack, offer and answer, media connected. */
import {
  AddTrackRequest,
  type Codec,
  type JoinResponse,
  MuteTrackRequest,
  type ParticipantInfo,
  SessionDescription,
  SignalTarget,
  TrackSource,
  TrackType,
  TrickleRequest,
} from '@livekit/protocol';
import type { RoomCodec, Log, RoomAccess } from '../ports.ts';
import { LinkError } from './errors.ts';
import { type Candidate, candidateInit, peerOptions } from './ice.ts';
import type { SessionOver } from './leave.ts';
import { AnswerWatch } from './media-watch.ts';
import { PublisherPeer } from './publisher-peer.ts';
import { RoomSession } from './room-session.ts';
import { audioCodec, type ExtensionIds } from './sdp.ts';
import type { SignalMessage } from './signalling.ts';
import { orAbort, waiter } from './waits.ts';

export interface PublishSessionOptions {
  readonly access: () => Promise<RoomAccess>;
  /** Tells the codec from what the SFU takes. */
  readonly chooseCodec: (enabled: ReadonlySet<RoomCodec>) => RoomCodec;
  readonly trackName: string;
  readonly ssrc: number;
  readonly muted: () => boolean;
  readonly bindAddress: string | undefined;
  readonly onMuted: (muted: boolean) => void;
  readonly log: Log;
}

export class PublishSession {
  readonly participantSid: string;
  readonly identity: string;
  readonly #options: PublishSessionOptions;
  readonly #session: RoomSession;
  readonly #peer: PublisherPeer;
  readonly #answer = waiter<string>();
  readonly #published = waiter<string>();
  readonly #watch = new AnswerWatch();
  readonly #onOver: (over: SessionOver) => void;
  #extensions: ExtensionIds = { audioLevel: 0, mid: 0 };
  #trackSid = '';
  #ready = false;
  /** The mute state that the SFU has from us, or we from it. */
  #agreedMuted = false;
  /** From a resume until the SFU has told the state it held meanwhile. */
  #resumed = false;

  private constructor(
    session: RoomSession,
    codec: RoomCodec,
    options: PublishSessionOptions,
    onOver: (over: SessionOver) => void,
  ) {
    this.#options = options;
    this.#session = session;
    this.#onOver = onOver;
    this.participantSid = session.participantSid;
    this.identity = session.identity;
    this.#peer = new PublisherPeer(
      { ...peerOptions(session.join, options.bindAddress), codec, ssrc: options.ssrc },
      {
        onCandidate: (candidate) => this.#trickle(candidate),
        onFailed: () => session.fail('the media transport failed'),
        onReport: () => this.#watch.answered(),
      },
    );
  }

  /** Joins and publishes; resolves once packets can be sent, rejects with a LinkError and nothing left behind. */
  static async open(
    options: PublishSessionOptions,
    onOver: (over: SessionOver) => void,
    signal: AbortSignal,
  ): Promise<PublishSession> {
    const access = await orAbort(options.access(), signal);
    const room = await RoomSession.join(access, { resumable: true, log: options.log }, signal);
    let session: PublishSession | null = null;
    try {
      session = new PublishSession(room, options.chooseCodec(enabledCodecs(room.join)), options, onOver);
      await session.#publish(signal);
      return session;
    } catch (error) {
      await (session ?? room).close();
      throw error;
    }
  }

  get extensions(): ExtensionIds {
    return this.#extensions;
  }

  async #publish(signal: AbortSignal): Promise<void> {
    this.#session.listen({
      onMessage: (message) => this.#hear(message),
      onResumed: () => this.#afterResume(),
      onOver: (over) => this.#over(over),
    });
    const muted = this.#options.muted();
    this.#agreedMuted = muted;
    const addTrack = new AddTrackRequest({
      cid: this.#peer.cid,
      name: this.#options.trackName,
      type: TrackType.AUDIO,
      source: TrackSource.MICROPHONE,
      muted,
    });
    this.#session.send({ case: 'addTrack', value: addTrack });
    const offer = new SessionDescription({ type: 'offer', sdp: this.#peer.offer() });
    this.#session.send({ case: 'offer', value: offer });
    this.#extensions = this.#peer.accept(await orAbort(this.#answer.promise, signal));
    // Together: an SFU that sends us away meanwhile ends the wait for the media, too.
    const ready = this.#peer.ready(signal);
    const published = orAbort(this.#published.promise, signal);
    [, this.#trackSid] = await Promise.all([ready, published]);
    this.#ready = true;
    // What was asked for while we were joining.
    if (this.#options.muted() !== muted) this.setMuted(!muted);
  }

  #hear(message: SignalMessage): void {
    switch (message.case) {
      case 'answer':
        this.#answer.resolve(message.value.sdp);
        break;
      case 'trickle':
        if (message.value.target === SignalTarget.PUBLISHER) {
          this.#peer.addCandidate(message.value.candidateInit);
        }
        break;
      case 'trackPublished':
        if (message.value.cid === this.#peer.cid) this.#published.resolve(message.value.track?.sid ?? '');
        break;
      case 'mute':
        if (message.value.sid === this.#trackSid) this.#mutedByHost(message.value.muted);
        break;
      case 'update':
        if (this.#resumed) this.#adoptMute(message.value.participants);
        break;
      default:
    }
  }

  #over(over: SessionOver): void {
    if (this.#ready) {
      this.#onOver(over);
      return;
    }
    const error = overError(over);
    this.#answer.reject(error);
    this.#published.reject(error);
  }

  #trickle(candidate: Candidate): void {
    const trickle = new TrickleRequest({
      candidateInit: candidateInit(candidate),
      target: SignalTarget.PUBLISHER,
    });
    this.#session.send({ case: 'trickle', value: trickle });
  }

  setMuted(muted: boolean): void {
    if (this.#trackSid === '') return;
    const mute = new MuteTrackRequest({ sid: this.#trackSid, muted });
    if (this.#session.send({ case: 'mute', value: mute })) this.#agreedMuted = muted;
  }

  #mutedByHost(muted: boolean): void {
    this.#agreedMuted = muted;
    this.#options.onMuted(muted);
  }

  /** Says what changed on our side while there was no socket; if nothing did, the SFU's state counts. */
  #afterResume(): void {
    const muted = this.#options.muted();
    if (muted === this.#agreedMuted) this.#resumed = true;
    else this.setMuted(muted);
  }

  /** A host may have muted the caller while nobody could tell us. */
  #adoptMute(participants: readonly ParticipantInfo[]): void {
    const own = participants.find((participant) => participant.sid === this.participantSid);
    const track = own?.tracks.find(({ sid }) => sid === this.#trackSid);
    if (track === undefined) return;
    this.#resumed = false;
    if (track.muted !== this.#agreedMuted) this.#mutedByHost(track.muted);
  }

  /** Sends an RTP or RTCP packet as it is. `nowMs`: any clock that never jumps. */
  send(packet: Buffer, nowMs: number): void {
    this.#peer.send(packet);
    if (this.#watch.sent(nowMs)) this.#session.fail('the SFU gets none of our media');
  }

  async close(): Promise<void> {
    this.#ready = false;
    await Promise.all([this.#session.close(), this.#peer.close()]);
  }
}

/** Why a join did not come to its end. */
export function overError(over: SessionOver): LinkError {
  return over.kind === 'end'
    ? new LinkError('LINK_ENDED', `the room ended the join: ${over.end}`, { end: over.end })
    : new LinkError('LINK_LOST', `the join was interrupted: ${over.cause}`);
}

/** What a room takes; an SFU too old to say so takes opus. */
function enabledCodecs(join: JoinResponse): Set<RoomCodec> {
  const named = join.enabledPublishCodecs.map(({ mime }: Codec) => /^audio\/(.+)$/i.exec(mime)?.[1] ?? '');
  const codecs = named.map(audioCodec).filter((codec) => codec !== null);
  return new Set<RoomCodec>(codecs.length === 0 ? ['opus'] : codecs);
}
