/** One track that we publish, as signalling knows it: announced to the SFU, muted from either side. */
import { randomUUID } from 'node:crypto';
import {
  AddTrackRequest,
  MuteTrackRequest,
  type ParticipantInfo,
  RequestResponse_Reason,
  type TrackPublishedResponse,
} from '@livekit/protocol';
import { LinkError } from './errors.ts';
import type { SignalMessage, SignalRequestMessage } from './signalling.ts';
import { waiter } from './waits.ts';

export interface OwnTrackOptions {
  /** What AddTrack says of it besides its cid and its mute. */
  readonly announcement: Omit<ConstructorParameters<typeof AddTrackRequest>[0] & object, 'cid' | 'muted'>;
  readonly muted: () => boolean;
  /** A host muted or unmuted it. */
  readonly onMuted: (muted: boolean) => void;
}

export class OwnTrack {
  /** Names the track in the offer and in AddTrack, so that the SFU can tie the two. */
  readonly cid = `track-${randomUUID()}`;
  readonly #options: OwnTrackOptions;
  readonly #participantSid: string;
  readonly #send: (message: SignalRequestMessage) => boolean;
  readonly #published = waiter<undefined>();
  #sid = '';
  /** The mute state that the SFU has from us, or we from it. */
  #agreedMuted = false;
  /** From a resume until the SFU has told the state it held meanwhile. */
  #resumed = false;

  constructor(
    participantSid: string,
    send: (message: SignalRequestMessage) => boolean,
    options: OwnTrackOptions,
  ) {
    this.#participantSid = participantSid;
    this.#send = send;
    this.#options = options;
  }

  /** Empty until it is published. */
  get sid(): string {
    return this.#sid;
  }

  /** Resolves once the SFU has given it a sid; rejects with a LinkError. */
  get published(): Promise<undefined> {
    return this.#published.promise;
  }

  announce(): void {
    const muted = this.#options.muted();
    this.#agreedMuted = muted;
    const value = new AddTrackRequest({ ...this.#options.announcement, cid: this.cid, muted });
    this.#send({ case: 'addTrack', value });
  }

  fail(error: LinkError): void {
    this.#published.reject(error);
  }

  hear(message: SignalMessage): void {
    switch (message.case) {
      case 'trackPublished':
        if (message.value.cid === this.cid) this.#take(message.value);
        break;
      case 'requestResponse': {
        const { request, reason } = message.value;
        if (request.case === 'addTrack' && request.value.cid === this.cid) this.fail(refusal(reason));
        break;
      }
      case 'mute':
        if (this.#sid !== '' && message.value.sid === this.#sid) this.#mutedByHost(message.value.muted);
        break;
      case 'update':
        if (this.#resumed) this.#adoptMute(message.value.participants);
        break;
      default:
    }
  }

  #take({ track }: TrackPublishedResponse): void {
    this.#sid = track?.sid ?? '';
    this.#published.resolve(undefined);
    // What was asked for meanwhile.
    this.tellMuted();
  }

  /** Tells the SFU how it is now, unless it knows. */
  tellMuted(): void {
    const muted = this.#options.muted();
    if (this.#sid === '' || muted === this.#agreedMuted) return;
    const value = new MuteTrackRequest({ sid: this.#sid, muted });
    if (this.#send({ case: 'mute', value })) this.#agreedMuted = muted;
  }

  #mutedByHost(muted: boolean): void {
    this.#agreedMuted = muted;
    this.#options.onMuted(muted);
  }

  /** Says what changed on our side while there was no socket; if nothing did, the SFU's state counts. */
  afterResume(): void {
    if (this.#options.muted() === this.#agreedMuted) this.#resumed = true;
    else this.tellMuted();
  }

  /** A host may have muted it while nobody could tell us. */
  #adoptMute(participants: readonly ParticipantInfo[]): void {
    const own = participants.find(({ sid }) => sid === this.#participantSid);
    const track = own?.tracks.find(({ sid }) => sid === this.#sid);
    if (track === undefined) return;
    this.#resumed = false;
    if (track.muted !== this.#agreedMuted) this.#mutedByHost(track.muted);
  }
}

function refusal(reason: RequestResponse_Reason): LinkError {
  return new LinkError(
    'LINK_REFUSED',
    reason === RequestResponse_Reason.NOT_ALLOWED
      ? 'the room lets this participant publish no such track: its token must name the source'
      : `the SFU took no track: ${RequestResponse_Reason[reason]}`,
  );
}
