import { AudioStream, ParticipantKind, RemoteAudioTrack, RoomEvent, TrackKind } from '@livekit/rtc-node';
import type { AudioFrame, RemoteParticipant } from '@livekit/rtc-node';
import { createEncoder } from '../../codecs/codec.ts';
import type { AudioEncoder } from '../../codecs/coder.ts';
import { isSilent } from '../../mixer/mix.ts';
import type {
  Log,
  RemoteTrack,
  RoomParticipant,
  SubscribingLink,
  SubscribingLinkOptions,
} from '../../ports.ts';
import { Keeper } from '../keeper.ts';
import { PAYLOAD_TYPES } from '../rtp.ts';
import { type RtcSession, RtcSessions } from './session.ts';

const headerBytes = 12;

const rosterEvents = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.Reconnected,
] as const;

/** Joins as the hidden member; see `LinkFactory.subscribe`. */
export async function openRtcSubscribingLink(
  log: Log,
  options: SubscribingLinkOptions,
  signal: AbortSignal,
): Promise<SubscribingLink> {
  const link = new RtcSubscribingLink(log, options);
  await link.start(signal);
  return link;
}

class RtcSubscribingLink implements SubscribingLink {
  readonly #options: SubscribingLinkOptions;
  readonly #keeper: Keeper<RtcSession>;
  readonly #wanted = new Set<string>();
  readonly #heard = new Map<string, HeardTrack>();
  #closed = false;

  constructor(log: Log, options: SubscribingLinkOptions) {
    this.#options = options;
    const sessions = new RtcSessions(options.access);
    this.#keeper = new Keeper({
      open: async (onOver, until) => {
        const session = await sessions.join(onOver, until);
        this.#listen(session);
        return session;
      },
      onState: (state) => {
        options.onState(state);
        if (state === 'restored') this.#takeUp();
        else this.#dropAll();
      },
      onEnd: (end) => {
        this.#dropAll();
        options.onEnd(end);
      },
      log,
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#keeper.start(signal);
    this.#tell();
  }

  setSubscribed(trackSids: readonly string[], subscribed: boolean): void {
    for (const sid of trackSids) {
      if (subscribed) this.#wanted.add(sid);
      else {
        this.#wanted.delete(sid);
        this.#drop(sid);
      }
      for (const participant of this.#participants())
        participant.trackPublications.get(sid)?.setSubscribed(subscribed);
    }
  }

  setShown(): void {
    // The library gives decoded pictures only: none is taken.
  }

  requestKeyFrame(): void {
    // As `setShown`.
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#dropAll();
    await this.#keeper.close();
  }

  #listen({ room }: RtcSession): void {
    for (const event of rosterEvents) room.on(event, () => this.#tell());
    room.on(RoomEvent.TrackSubscribed, (track, { sid }) => {
      if (this.#closed || sid === undefined || !(track instanceof RemoteAudioTrack)) return;
      this.#drop(sid);
      this.#heard.set(sid, new HeardTrack(track, (packet) => this.#options.onPacket(sid, packet)));
    });
    room.on(RoomEvent.TrackUnsubscribed, (_track, { sid }) => this.#drop(sid ?? ''));
  }

  #drop(sid: string): void {
    this.#heard.get(sid)?.close();
    this.#heard.delete(sid);
  }

  /** The library would go on giving the silence of tracks that it receives no more. */
  #dropAll(): void {
    for (const sid of [...this.#heard.keys()]) this.#drop(sid);
  }

  /** After a rejoin: asks again for the tracks that are still there. */
  #takeUp(): void {
    const there = new Set(tracksOf(this.#participants()).map(({ sid }) => sid));
    for (const sid of this.#wanted) if (!there.has(sid)) this.#wanted.delete(sid);
    this.setSubscribed([...this.#wanted], true);
    this.#tell();
  }

  #participants(): readonly RemoteParticipant[] {
    return [...(this.#keeper.current?.room.remoteParticipants.values() ?? [])];
  }

  #tell(): void {
    if (this.#closed || this.#keeper.current === null) return;
    const participants = this.#participants();
    this.#options.onParticipants(participants.map(participantOf));
    this.#options.onTracks(tracksOf(participants));
  }
}

/** A track's sound, 20 ms a packet, in Opus. */
class HeardTrack {
  readonly #reader: ReadableStreamDefaultReader<AudioFrame>;
  readonly #encoder: AudioEncoder = createEncoder('opus');
  readonly #onPacket: (packet: Buffer) => void;
  readonly #scratch = Buffer.alloc(headerBytes + this.#encoder.maxBytes);
  #sequence = 0;
  #timestamp = 0;

  constructor(track: RemoteAudioTrack, onPacket: (packet: Buffer) => void) {
    this.#onPacket = onPacket;
    const stream = new AudioStream(track, {
      sampleRate: this.#encoder.rateHz,
      numChannels: 1,
      frameSizeMs: 20,
    });
    this.#reader = stream.getReader();
    this.#scratch[0] = 0x80;
    this.#scratch[1] = PAYLOAD_TYPES.opus;
    void this.#pump();
  }

  close(): void {
    void this.#reader.cancel().catch(() => undefined);
  }

  async #pump(): Promise<void> {
    for (;;) {
      const { value, done } = await this.#reader.read().catch(() => ({ value: undefined, done: true }));
      if (done || !value) return;
      this.#emit(value.data);
    }
  }

  #emit(samples: Int16Array): void {
    const scratch = this.#scratch;
    this.#timestamp = (this.#timestamp + this.#encoder.timestampStep) >>> 0;
    // The library fills what does not come, as of a muted track, with zeros.
    if (isSilent(samples)) return;
    const length = this.#encoder.encode(samples, scratch, headerBytes);
    if (length === 0) return;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    scratch.writeUInt16BE(this.#sequence, 2);
    scratch.writeUInt32BE(this.#timestamp, 4);
    // Whoever takes the packet owns it.
    this.#onPacket(Buffer.from(scratch.subarray(0, headerBytes + length)));
  }
}

function participantOf(participant: RemoteParticipant): Omit<RoomParticipant, 'own'> {
  const { identity, name = '', sid = '', attributes } = participant;
  return { sid, identity, name, kind: kindOf(participant.kind), attributes: { ...attributes } };
}

function kindOf(kind: ParticipantKind): RoomParticipant['kind'] {
  switch (kind) {
    case ParticipantKind.STANDARD:
      return 'standard';
    case ParticipantKind.SIP:
      return 'sip';
    case ParticipantKind.AGENT:
      return 'agent';
    default:
      return 'other';
  }
}

function tracksOf(participants: readonly RemoteParticipant[]): RemoteTrack[] {
  return participants.flatMap(({ sid: participantSid = '', identity, trackPublications }) =>
    [...trackPublications.values()].map(({ sid = '', kind, muted = false }) => ({
      sid,
      participantSid,
      participantIdentity: identity,
      kind: kind === TrackKind.KIND_AUDIO ? ('audio' as const) : ('video' as const),
      codec: kind === TrackKind.KIND_AUDIO ? ('opus' as const) : ('other' as const),
      source: kind === TrackKind.KIND_AUDIO ? ('microphone' as const) : ('other' as const),
      muted,
    })),
  );
}
