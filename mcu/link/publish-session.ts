/** A caller's one stay in the room: session, tracks announced, offers and answers, media connected. */
import { SessionDescription, SignalTarget, TrickleRequest, UpdateLocalVideoTrack } from '@livekit/protocol';
import { withDeadline } from '../deadline.ts';
import type { Log, PictureSize, RoomAccess, RoomCodec, RoomVideoCodec } from '../ports.ts';
import { cameraAnnouncement, voiceAnnouncement } from './announcements.ts';
import { LinkError } from './errors.ts';
import { type Candidate, candidateInit, peerOptions } from './ice.ts';
import { overError, type SessionOver } from './leave.ts';
import { AnswerWatch, type SfuReports } from './media-watch.ts';
import { OwnTrack } from './own-track.ts';
import { type MIDS, PublisherPeer } from './publisher-peer.ts';
import { RoomSession } from './room-session.ts';
import type { ExtensionIds } from './sdp.ts';
import type { SignalMessage } from './signalling.ts';
import { takenVoices, takesVideo } from './taken-codecs.ts';
import { orAbort, waiter } from './waits.ts';

/** An SFU that says nothing to an offer for so long is as good as gone. */
const NEGOTIATION_DEADLINE_MS = 10_000;

export interface PublishSessionOptions {
  readonly access: () => Promise<RoomAccess>;
  /** Tells the codec from what the SFU takes. */
  readonly chooseCodec: (enabled: ReadonlySet<RoomCodec>) => RoomCodec;
  readonly trackName: string;
  readonly ssrc: number;
  readonly muted: () => boolean;
  readonly bindAddress: string | undefined;
  readonly onMuted: (muted: boolean) => void;
  readonly reports: SfuReports;
  readonly log: Log;
}

/** What a session has to know of a camera that it carries. */
export interface CameraTrack {
  readonly codec: RoomVideoCodec;
  readonly ssrc: number;
  readonly trackName: string;
  readonly size: PictureSize;
  readonly muted: boolean;
  /** A host muted or unmuted it. */
  mutedByHost(muted: boolean): void;
  /** RTCP from the SFU; on the packet path. */
  hearFeedback(compound: Buffer): void;
}

export class PublishSession {
  readonly participantSid: string;
  readonly identity: string;
  readonly #session: RoomSession;
  readonly #peer: PublisherPeer;
  readonly #voice: OwnTrack;
  readonly #watch: AnswerWatch;
  readonly #onOver: (over: SessionOver) => void;
  readonly #closing = new AbortController();
  #camera: { readonly of: CameraTrack; readonly track: OwnTrack } | null = null;
  #answer = waiter<string>();
  /** Offers go one after the other: an answer doesn't say which one it is for. */
  #negotiations: Promise<unknown> = Promise.resolve();
  #extensions: ExtensionIds = { audioLevel: 0, mid: 0 };
  #ready = false;

  private constructor(
    session: RoomSession,
    codec: RoomCodec,
    options: PublishSessionOptions,
    onOver: (over: SessionOver) => void,
  ) {
    this.#session = session;
    this.#onOver = onOver;
    this.#watch = new AnswerWatch(options.reports);
    this.participantSid = session.participantSid;
    this.identity = session.identity;
    this.#voice = this.#ownTrack({
      announcement: voiceAnnouncement(options.trackName),
      muted: options.muted,
      onMuted: options.onMuted,
    });
    this.#peer = new PublisherPeer(
      peerOptions(session.join, options.bindAddress),
      { cid: this.#voice.cid, codec, ssrc: options.ssrc },
      {
        onCandidate: (candidate) => this.#trickle(candidate),
        onFailed: () => session.fail('the media transport failed'),
        onReport: (compound) => {
          this.#watch.answered();
          this.#camera?.of.hearFeedback(compound);
        },
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
      session = new PublishSession(room, options.chooseCodec(takenVoices(room.join)), options, onOver);
      await session.#publish(signal);
      return session;
    } catch (error) {
      await (session ?? room).close();
      throw error;
    }
  }

  /** Of the voice's m-line. */
  get extensions(): ExtensionIds {
    return this.#extensions;
  }

  #ownTrack(options: ConstructorParameters<typeof OwnTrack>[2]): OwnTrack {
    return new OwnTrack(this.participantSid, (message) => this.#session.send(message), options);
  }

  async #publish(signal: AbortSignal): Promise<void> {
    this.#session.listen({
      onMessage: (message) => this.#hear(message),
      onResumed: () => {
        this.#voice.afterResume();
        this.#camera?.track.afterResume();
      },
      onOver: (over) => this.#over(over),
    });
    this.#voice.announce();
    this.#extensions = await this.#negotiate('voice', signal);
    // Together: an SFU that sends us away meanwhile ends the wait for the media, too.
    await Promise.all([this.#peer.ready(signal), orAbort(this.#voice.published, signal)]);
    this.#ready = true;
  }

  async #negotiate(line: keyof typeof MIDS, signal: AbortSignal): Promise<ExtensionIds> {
    this.#answer = waiter<string>();
    const offer = new SessionDescription({ type: 'offer', sdp: this.#peer.offer() });
    this.#session.send({ case: 'offer', value: offer });
    return this.#peer.accept(await orAbort(this.#answer.promise, signal), line);
  }

  /**
   * Publishes a camera beside the voice, and gives what the SFU took of its m-line. Rejects with a LinkError: when the
   * room takes no such track, and then the session goes on without it, or because the session is over.
   */
  carryCamera(camera: CameraTrack): Promise<ExtensionIds> {
    return this.#inTurn(async (signal) => {
      if (!takesVideo(this.#session.join, camera.codec))
        throw new LinkError('LINK_NO_CODEC', `the room takes no ${camera.codec}`);
      const track = this.#ownTrack({
        announcement: cameraAnnouncement(camera),
        muted: () => camera.muted,
        onMuted: (muted) => camera.mutedByHost(muted),
      });
      this.#camera = { of: camera, track };
      track.announce();
      try {
        await orAbort(track.published, signal);
      } catch (error) {
        this.#camera = null;
        throw error;
      }
      this.#peer.setCamera({ cid: track.cid, codec: camera.codec, ssrc: camera.ssrc });
      return this.#renegotiate(signal);
    });
  }

  /** Takes the camera out of the room, if it is in it. */
  async dropCamera(camera: CameraTrack): Promise<void> {
    await this.#inTurn(async (signal) => {
      if (this.#camera?.of !== camera) return;
      this.#camera = null;
      this.#peer.setCamera(null);
      await this.#renegotiate(signal);
    });
  }

  #inTurn<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const turn = this.#negotiations.then(() =>
      withDeadline(NEGOTIATION_DEADLINE_MS, [this.#closing.signal], work),
    );
    this.#negotiations = turn.catch(() => undefined);
    return turn;
  }

  /** One that hangs leaves both ends with different descriptions: only a fresh join helps. */
  async #renegotiate(signal: AbortSignal): Promise<ExtensionIds> {
    try {
      return await this.#negotiate('camera', signal);
    } catch (error) {
      this.#session.fail('the SFU answered no offer');
      throw error;
    }
  }

  #hear(message: SignalMessage): void {
    if (message.case === 'answer') {
      this.#answer.resolve(message.value.sdp);
    } else if (message.case === 'trickle') {
      if (message.value.target === SignalTarget.PUBLISHER) {
        this.#peer.addCandidate(message.value.candidateInit);
      }
    } else {
      this.#voice.hear(message);
      this.#camera?.track.hear(message);
    }
  }

  #over(over: SessionOver): void {
    const error = overError(over);
    this.#answer.reject(error);
    this.#voice.fail(error);
    this.#camera?.track.fail(error);
    if (this.#ready) this.#onOver(over);
  }

  #trickle(candidate: Candidate): void {
    const trickle = new TrickleRequest({
      candidateInit: candidateInit(candidate),
      target: SignalTarget.PUBLISHER,
    });
    this.#session.send({ case: 'trickle', value: trickle });
  }

  /** Tells the SFU which of the two is muted now. */
  tellMuted(): void {
    this.#voice.tellMuted();
    this.#camera?.track.tellMuted();
  }

  tellSize({ width, height }: PictureSize): void {
    const trackSid = this.#camera?.track.sid ?? '';
    if (trackSid === '') return;
    const value = new UpdateLocalVideoTrack({ trackSid, width, height });
    this.#session.send({ case: 'updateVideoTrack', value });
  }

  /** Sends an RTP or RTCP packet as it is. `nowMs`: any clock that never jumps. */
  send(packet: Buffer, nowMs: number): void {
    this.#peer.sendVoice(packet);
    this.#sent(nowMs);
  }

  sendCamera(packet: Buffer, nowMs: number): void {
    this.#peer.sendCamera(packet);
    this.#sent(nowMs);
  }

  #sent(nowMs: number): void {
    if (this.#watch.sent(nowMs)) this.#session.fail('the SFU gets none of our media');
  }

  async close(): Promise<void> {
    this.#ready = false;
    this.#closing.abort(new LinkError('LINK_LOST', 'the link was closed'));
    await Promise.all([this.#session.close(), this.#peer.close()]);
  }
}
