/** Who is in the room and what they publish, from LiveKit's join and update messages. */
import {
  type ParticipantInfo,
  ParticipantInfo_Kind,
  ParticipantInfo_State,
  type TrackInfo,
  TrackSource,
  TrackType,
} from '@livekit/protocol';
import type { RemoteTrack, RoomParticipant } from '../ports.ts';
import { audioCodec, videoCodec } from './sdp.ts';

export type RosterParticipant = Omit<RoomParticipant, 'own'>;

interface Entry {
  readonly version: number;
  readonly joinedMs: number;
  readonly participant: RosterParticipant;
  readonly tracks: readonly RemoteTrack[];
  /** The two as text, to see whether a message changed anything. */
  readonly participantText: string;
  readonly tracksText: string;
}

export interface RosterChange {
  readonly participants: boolean;
  readonly tracks: boolean;
}

export class Roster {
  readonly #ownSid: string;
  readonly #entries = new Map<string, Entry>();

  constructor(ownSid: string) {
    this.#ownSid = ownSid;
  }

  /** Takes an update in; says which of the lists it changed. */
  update(infos: readonly ParticipantInfo[]): RosterChange {
    let participants = false;
    let tracks = false;
    for (const info of infos) {
      if (info.sid === this.#ownSid || info.permission?.hidden === true) continue;
      const before = this.#entries.get(info.sid);
      // Updates may overtake each other on their way through a cluster.
      if (before !== undefined && info.version < before.version) continue;
      if (info.state === ParticipantInfo_State.DISCONNECTED) {
        participants = this.#entries.delete(info.sid) || participants;
        tracks = (before?.tracks.length ?? 0) > 0 || tracks;
        continue;
      }
      const entry = entryOf(info);
      this.#entries.set(info.sid, entry);
      participants = entry.participantText !== before?.participantText || participants;
      tracks = entry.tracksText !== (before?.tracksText ?? '[]') || tracks;
    }
    return { participants, tracks };
  }

  /** In the order in which they came: who was there before us is told of in none. */
  participants(): RosterParticipant[] {
    return [...this.#entries.values()]
      .sort((one, other) => one.joinedMs - other.joinedMs)
      .map((entry) => entry.participant);
  }

  tracks(): RemoteTrack[] {
    return [...this.#entries.values()].flatMap((entry) => entry.tracks);
  }

  /** Whether a track is there and not muted. */
  isUnmuted(trackSid: string): boolean {
    return this.tracks().some(({ sid, muted }) => sid === trackSid && !muted);
  }
}

function entryOf(info: ParticipantInfo): Entry {
  const participant: RosterParticipant = {
    sid: info.sid,
    identity: info.identity,
    name: info.name,
    kind: kindOf(info.kind),
    attributes: { ...info.attributes },
  };
  const tracks = info.tracks.flatMap((track) => trackOf(info, track));
  return {
    version: info.version,
    // Older servers tell only seconds.
    joinedMs: Number(info.joinedAtMs) || 1000 * Number(info.joinedAt),
    participant,
    tracks,
    participantText: JSON.stringify(participant),
    tracksText: JSON.stringify(tracks),
  };
}

function kindOf(kind: ParticipantInfo_Kind): RoomParticipant['kind'] {
  switch (kind) {
    case ParticipantInfo_Kind.STANDARD:
      return 'standard';
    case ParticipantInfo_Kind.SIP:
      return 'sip';
    case ParticipantInfo_Kind.AGENT:
      return 'agent';
    default:
      return 'other';
  }
}

function trackOf(info: ParticipantInfo, track: TrackInfo): RemoteTrack[] {
  if (track.type === TrackType.DATA) return [];
  return [
    {
      sid: track.sid,
      participantSid: info.sid,
      participantIdentity: info.identity,
      kind: track.type === TrackType.AUDIO ? 'audio' : 'video',
      source: sourceOf(track),
      codec: codecOf(track),
      muted: track.muted,
    },
  ];
}

function sourceOf({ source }: TrackInfo): RemoteTrack['source'] {
  switch (source) {
    case TrackSource.MICROPHONE:
      return 'microphone';
    case TrackSource.CAMERA:
      return 'camera';
    case TrackSource.SCREEN_SHARE:
      return 'screen';
    default:
      return 'other';
  }
}

/** Opus with redundancy (audio/red) reaches us as opus: `dropUnreadableCodecs` refuses the other. */
function codecOf({ type, mimeType, codecs }: TrackInfo): RemoteTrack['codec'] {
  if (type === TrackType.VIDEO) return videoCodecOf([mimeType, ...codecs.map((codec) => codec.mimeType)]);
  const name = mimeType.replace(/^audio\//i, '');
  return name.toLowerCase() === 'red' ? 'opus' : (audioCodec(name) ?? 'other');
}

/** A browser that sends VP9 or AV1 names a codec to fall back to for those who refuse it, as we do. */
function videoCodecOf(mimeTypes: readonly string[]): RemoteTrack['codec'] {
  for (const mimeType of mimeTypes) {
    const codec = videoCodec(mimeType.replace(/^video\//i, ''));
    if (codec !== null) return codec;
  }
  return 'other';
}
