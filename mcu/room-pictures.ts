import type {
  Camera,
  PersonShown,
  PictureEngine,
  PictureSize,
  RemoteTrack,
  RoomParticipant,
  Speaker,
  SubscribingLink,
  VideoFormat,
} from './ports.ts';
import { seatOf } from './seat.ts';

/** As links give them (`SubscribingLinkOptions.onPacket`); a track may change over while it is sent. */
const vp8: VideoFormat = { codec: 'VP8', payloadType: 96 };
const h264: VideoFormat = { codec: 'H264', payloadType: 102 };

/** A tile that comes and goes with whoever speaks: its stream is not begun anew each time. */
const givenBackAfterMs = 2000;

type Person = Omit<RoomParticipant, 'own'>;

interface RemoteCamera {
  readonly camera: Camera;
  /** How large it is shown; null: nowhere. */
  shown: PictureSize | null;
  subscribed: boolean;
  giveBack: NodeJS.Timeout | null;
}

/**
 * The pictures of a room on this node: who is shown, and whose video is taken from the SFU, which is what somebody here
 * sees and no more, each at the size at which it is seen.
 */
export class RoomPictures {
  readonly #engine: PictureEngine;
  readonly #room: string;
  /** Legs that see the room. */
  readonly #watching = new Set<string>();
  /** Those of this node's callers whose cameras are on. */
  readonly #ownCameras = new Set<string>();
  readonly #cameras = new Map<string, RemoteCamera>();
  /** In the order in which they came. */
  #people: readonly Person[] = [];
  #tracks: readonly RemoteTrack[] = [];
  #isOwn: (identity: string) => boolean = () => false;
  /** Of whom the SFU tells. It never tells of this node's own callers, whose tracks nobody takes here. */
  #speakers: readonly Speaker[] = [];
  readonly #ownVoices = new Map<string, number>();
  #link: SubscribingLink | null = null;

  constructor(engine: PictureEngine, room: string) {
    this.#engine = engine;
    this.#room = room;
  }

  /** Whether a leg here sees the room: after its viewer watches it. */
  setWatching(leg: string, watches: boolean): void {
    if (watches) this.#watching.add(leg);
    else if (!this.#watching.delete(leg)) return;
    this.#update();
  }

  /** The camera of one of this node's callers was switched on or off. */
  setOwnCamera(identity: string, on: boolean): void {
    if (on) this.#ownCameras.add(identity);
    else this.#ownCameras.delete(identity);
    this.#update();
  }

  /** Who is in the room and what they publish; `isOwn`: whether this node publishes somebody. */
  follow(
    people: readonly Person[],
    tracks: readonly RemoteTrack[],
    isOwn: (identity: string) => boolean,
  ): void {
    this.#people = inOrder(this.#people, people);
    this.#tracks = tracks;
    this.#isOwn = isOwn;
    this.#update();
  }

  /** Who of those speaks whose tracks are taken. */
  speak(speakers: readonly Speaker[]): void {
    this.#speakers = speakers;
    this.#show();
  }

  /** How loud one of this node's callers speaks, as RFC 6464; null: not at all. */
  setOwnVoice(identity: string, levelDbov: number | null): void {
    if ((this.#ownVoices.get(identity) ?? null) === levelDbov) return;
    if (levelDbov === null) this.#ownVoices.delete(identity);
    else this.#ownVoices.set(identity, levelDbov);
    this.#show();
  }

  /** The hidden link is there, or gone: until another one comes, all stays as it was. */
  setLink(link: SubscribingLink | null): void {
    this.#link = link;
    for (const [sid, remote] of this.#cameras) {
      remote.subscribed = false;
      if (remote.shown) this.#shown(sid, remote, remote.shown);
    }
  }

  /** A packet of a video track; false: of none that is taken. */
  write(trackSid: string, packet: Buffer): boolean {
    const remote = this.#cameras.get(trackSid);
    remote?.camera.write(packet);
    return remote !== undefined;
  }

  /** Idempotent. */
  close(): void {
    this.#watching.clear();
    this.#link = null;
    for (const sid of [...this.#cameras.keys()]) this.#close(sid);
  }

  #update(): void {
    const wanted = new Map(this.#wanted().map((track) => [track.sid, track]));
    for (const sid of [...this.#cameras.keys()]) if (!wanted.has(sid)) this.#close(sid);
    for (const [sid, track] of wanted) if (!this.#cameras.has(sid)) this.#open(sid, track);
    this.#show();
  }

  /** What could be shown, if there was room for it. */
  #wanted(): readonly RemoteTrack[] {
    if (this.#watching.size === 0) return [];
    return this.#tracks.filter(
      ({ kind, codec, muted, participantIdentity }) =>
        kind === 'video' &&
        (codec === 'H264' || codec === 'VP8') &&
        !muted &&
        !this.#isOwn(participantIdentity),
    );
  }

  #open(sid: string, track: RemoteTrack): void {
    const { participantIdentity, source, codec } = track;
    const camera = this.#engine.openCamera({
      id: sid,
      seat: seatOf(track),
      room: this.#room,
      identity: participantIdentity,
      kind: source === 'screen' ? 'screen' : 'camera',
      formats: codec === 'H264' ? [h264, vp8] : [vp8, h264],
      repaired: true,
    });
    const remote: RemoteCamera = { camera, shown: null, subscribed: false, giveBack: null };
    camera.onShown = (size) => this.#shown(sid, remote, size);
    camera.onKeyFrameNeeded = () => {
      if (remote.subscribed) this.#link?.requestKeyFrame(sid);
    };
    this.#cameras.set(sid, remote);
  }

  #close(sid: string): void {
    const remote = this.#cameras.get(sid);
    if (!remote) return;
    this.#cameras.delete(sid);
    remote.camera.close();
    this.#giveBack(sid, remote);
  }

  #shown(sid: string, remote: RemoteCamera, size: PictureSize | null): void {
    remote.shown = size;
    if (!size) {
      remote.giveBack ??= setTimeout(() => this.#giveBack(sid, remote), givenBackAfterMs);
      return;
    }
    if (remote.giveBack) clearTimeout(remote.giveBack);
    remote.giveBack = null;
    if (!this.#link) return;
    if (!remote.subscribed) this.#link.setSubscribed([sid], true);
    remote.subscribed = true;
    this.#link.setShown(sid, size);
  }

  #giveBack(sid: string, remote: RemoteCamera): void {
    if (remote.giveBack) clearTimeout(remote.giveBack);
    remote.giveBack = null;
    if (remote.subscribed) this.#link?.setSubscribed([sid], false);
    remote.subscribed = false;
  }

  #show(): void {
    if (this.#watching.size === 0) return;
    const seen = new Set(this.#ownCameras);
    for (const { kind, source, participantIdentity } of this.#wanted())
      if (kind === 'video' && source !== 'screen') seen.add(participantIdentity);
    const spoken = new Set(
      this.#tracks.flatMap(({ kind, muted, participantIdentity }) =>
        kind === 'audio' && !muted ? [participantIdentity] : [],
      ),
    );
    const people = this.#people.flatMap(({ identity, name, kind }): PersonShown[] => {
      const cameraOff = !seen.has(identity);
      // A program without a face is nobody to look at.
      if (kind === 'agent' && cameraOff) return [];
      return [{ identity, name: name || identity, muted: !spoken.has(identity), cameraOff }];
    });
    const own = [...this.#ownVoices].map(([identity, levelDbov]) => ({ identity, levelDbov }));
    const speakers = [...this.#speakers, ...own]
      .sort((a, b) => a.levelDbov - b.levelDbov)
      .map(({ identity }) => identity);
    this.#engine.setRoom(this.#room, { people, speakers });
  }
}

/** Those who were there keep their places; who comes again comes last. */
function inOrder(before: readonly Person[], now: readonly Person[]): readonly Person[] {
  const bySid = new Map(now.map((person) => [person.sid, person]));
  const stayed = before.flatMap(({ sid }) => bySid.get(sid) ?? []);
  const known = new Set(stayed.map(({ sid }) => sid));
  return [...stayed, ...now.filter(({ sid }) => !known.has(sid))];
}
