/** A hidden participant's one stay in the room: session, offers answered, media connected. */
import {
  SessionDescription,
  SignalTarget,
  TrickleRequest,
  UpdateSubscription,
  UpdateTrackSettings,
  type ParticipantInfo,
  type SpeakerInfo,
} from '@livekit/protocol';
import type { Log, PictureSize, RoomAccess } from '../ports.ts';
import { type Candidate, candidateInit, peerOptions } from './ice.ts';
import { overError, type SessionOver } from './leave.ts';
import { FlowWatch } from './media-watch.ts';
import { RoomSession } from './room-session.ts';
import { Roster, type RosterChange } from './roster.ts';
import type { SignalMessage } from './signalling.ts';
import { SubscriberPeer } from './subscriber-peer.ts';
import { orAbort, waiter } from './waits.ts';

export interface SubscribeSessionOptions {
  readonly access: () => Promise<RoomAccess>;
  readonly bindAddress: string | undefined;
  readonly onRoster: (change: RosterChange) => void;
  readonly onPacket: (trackSid: string, packet: Buffer) => void;
  /** Those whose speaking has changed. */
  readonly onSpeakers: (changes: readonly SpeakerInfo[]) => void;
  readonly log: Log;
}

export class SubscribeSession {
  readonly roster: Roster;
  readonly #options: SubscribeSessionOptions;
  readonly #session: RoomSession;
  readonly #peer: SubscriberPeer;
  readonly #watch: FlowWatch;
  readonly #subscribed = new Set<string>();
  readonly #failed = waiter<never>();
  readonly #onOver: (over: SessionOver) => void;
  #ready = false;

  private constructor(
    session: RoomSession,
    options: SubscribeSessionOptions,
    onOver: (over: SessionOver) => void,
  ) {
    this.#options = options;
    this.#session = session;
    this.#onOver = onOver;
    this.roster = new Roster(session.participantSid);
    this.roster.update(session.join.otherParticipants);
    this.#peer = new SubscriberPeer(
      `subscribe-${session.participantSid}`,
      peerOptions(session.join, options.bindAddress),
      {
        onCandidate: (candidate) => this.#trickle(candidate),
        onFailed: () => session.fail('the media transport failed'),
        onPacket: (trackSid, packet, video) => {
          this.#watch.heard(trackSid, video);
          options.onPacket(trackSid, packet);
        },
      },
    );
    this.#watch = new FlowWatch(
      (trackSid) => this.#subscribed.has(trackSid) && this.roster.isUnmuted(trackSid),
      () => session.fail('no media comes from the SFU'),
    );
  }

  /** Joins; resolves once media can come, rejects with a LinkError and nothing left behind. */
  static async open(
    options: SubscribeSessionOptions,
    onOver: (over: SessionOver) => void,
    signal: AbortSignal,
  ): Promise<SubscribeSession> {
    const access = await orAbort(options.access(), signal);
    const room = await RoomSession.join(access, { resumable: false, log: options.log }, signal);
    const session = new SubscribeSession(room, options, onOver);
    try {
      await session.#connect(signal);
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async #connect(signal: AbortSignal): Promise<void> {
    this.#session.listen({
      onMessage: (message) => this.#hear(message),
      // Never: a subscriber is not resumed.
      onResumed: () => undefined,
      onOver: (over) => {
        if (this.#ready) this.#onOver(over);
        else this.#failed.reject(overError(over));
      },
    });
    await Promise.race([this.#peer.connected(signal), this.#failed.promise]);
    this.#ready = true;
  }

  #hear(message: SignalMessage): void {
    switch (message.case) {
      case 'offer':
        this.#answer(message.value);
        break;
      case 'trickle':
        if (message.value.target === SignalTarget.SUBSCRIBER) {
          this.#peer.addCandidate(message.value.candidateInit);
        }
        break;
      case 'update':
        this.#update(message.value.participants);
        break;
      case 'speakersChanged':
        if (this.#ready) this.#options.onSpeakers(message.value.speakers);
        break;
      default:
    }
  }

  #update(participants: readonly ParticipantInfo[]): void {
    const change = this.roster.update(participants);
    if (this.#ready) this.#options.onRoster(change);
  }

  #answer(offer: SessionDescription): void {
    try {
      const sdp = this.#peer.answer(offer.sdp);
      const answer = new SessionDescription({ type: 'answer', sdp, id: offer.id });
      this.#session.send({ case: 'answer', value: answer });
    } catch (error) {
      this.#session.fail(error instanceof Error ? `an offer failed: ${error.message}` : 'an offer failed');
    }
  }

  #trickle(candidate: Candidate): void {
    const trickle = new TrickleRequest({
      candidateInit: candidateInit(candidate),
      target: SignalTarget.SUBSCRIBER,
    });
    this.#session.send({ case: 'trickle', value: trickle });
  }

  setSubscribed(trackSids: readonly string[], subscribe: boolean): void {
    for (const sid of trackSids) {
      if (subscribe) this.#subscribed.add(sid);
      else this.#subscribed.delete(sid);
    }
    const update = new UpdateSubscription({ trackSids: [...trackSids], subscribe });
    this.#session.send({ case: 'subscription', value: update });
  }

  /** The SFU keeps it for a track that is not subscribed yet. */
  setShown(trackSid: string, { width, height }: PictureSize): void {
    const settings = new UpdateTrackSettings({ trackSids: [trackSid], width, height });
    this.#session.send({ case: 'trackSetting', value: settings });
  }

  requestKeyFrame(trackSid: string): void {
    this.#peer.requestKeyFrame(trackSid);
  }

  async close(): Promise<void> {
    this.#ready = false;
    this.#watch.close();
    await Promise.all([this.#session.close(), this.#peer.close()]);
  }
}
