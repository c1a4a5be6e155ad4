import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import type {
  LinkEnd,
  PictureSize,
  RemoteTrack,
  RoomAccess,
  RoomCodec,
  RoomParticipant,
  RoomVideoCodec,
} from '../../mcu/ports.ts';
import type { FromSfu, ToSfu } from './link.ts';

/** A caller's camera as the room has it. */
export interface FakeCamera {
  readonly sid: string;
  readonly codec: RoomVideoCodec;
  readonly packets: Buffer[];
  size: PictureSize;
  muted: boolean;
}

export interface FakePublisher {
  readonly room: string;
  readonly identity: string;
  readonly sid: string;
  readonly codec: RoomCodec;
  readonly packets: { readonly packet: Buffer; readonly level: number }[];
  muted: boolean;
  /** Null: it publishes none. */
  camera: FakeCamera | null;
  gone: boolean;
  readonly port: number;
}

/** What somebody in a browser publishes. */
interface PersonTrack extends RemoteTrack {
  readonly room: string;
}

interface Watcher {
  readonly room: string;
  readonly taken: Set<string>;
  /** How large each track is shown. */
  readonly shown: Map<string, PictureSize>;
  /** Tracks of which a key frame was asked for, each time. */
  readonly keyFramesAsked: string[];
  gone: boolean;
}

/** The other end of `fakeLinks`: rooms without WebRTC, in the test's own process. */
export class FakeSfu {
  readonly publishers: FakePublisher[] = [];
  readonly watchers = new Map<number, Watcher>();
  /** Codecs that the room takes; others become Opus. */
  codecs: readonly RoomCodec[] = ['PCMU', 'PCMA', 'opus'];
  videoCodecs: readonly RoomVideoCodec[] = ['VP8', 'H264'];
  refuse = false;
  /** Answers no join, as a server that hangs. */
  silent = false;
  readonly #socket: Socket;
  readonly #people: PersonTrack[] = [];
  #next = 1;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (datagram, from) => this.#take(JSON.parse(datagram.toString()) as ToSfu, from.port));
  }

  static async open(): Promise<FakeSfu> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new FakeSfu(socket);
  }

  /** As a gateway answers `access`. */
  access = (room: string, who: { identity: string } | 'watcher'): Promise<RoomAccess> =>
    Promise.resolve({
      url: `ws://127.0.0.1:${this.#socket.address().port}`,
      token: JSON.stringify({ room, identity: who === 'watcher' ? '' : who.identity }),
    });

  /** Somebody in a browser comes and publishes a microphone; returns the track's sid. */
  enter(room: string, identity: string, codec: RoomCodec = 'opus'): string {
    const sid = `TR_${this.#next++}`;
    this.#people.push({ room, ...trackOf(sid, `PA_${sid}`, identity, codec) });
    this.#tellRoom(room);
    return sid;
  }

  /** Somebody who is in the room shows a camera or a screen; returns the track's sid. */
  show(
    room: string,
    identity: string,
    codec: RoomVideoCodec,
    source: 'camera' | 'screen' = 'camera',
  ): string {
    const person = this.#people.find((one) => one.room === room && one.participantIdentity === identity);
    if (!person) throw new Error(`${identity} is not in ${room}`);
    const sid = `TR_${this.#next++}`;
    this.#people.push({ room, ...trackOf(sid, person.participantSid, identity, codec, source) });
    this.#tellRoom(room);
    return sid;
  }

  /** Who speaks, the loudest first. */
  speak(room: string, identities: readonly string[]): void {
    const speakers = identities.map((identity, place) => ({ identity, levelDbov: 6 * place }));
    for (const [port, watcher] of this.watchers)
      if (!watcher.gone && watcher.room === room) this.#say(port, { say: 'speakers', speakers });
  }

  /** A packet of a person's track, to all who take it. */
  sendRtp(track: string, packet: Buffer): void {
    for (const [port, watcher] of this.watchers) {
      if (!watcher.gone && watcher.taken.has(track))
        this.#say(port, { say: 'rtp', sid: track, packet: packet.toString('base64') });
    }
  }

  publisher(identity: string): FakePublisher | undefined {
    return this.publishers.find((publisher) => publisher.identity === identity && !publisher.gone);
  }

  mute(identity: string, muted: boolean): void {
    const publisher = this.publisher(identity);
    if (publisher) this.#say(publisher.port, { say: 'muted', muted });
  }

  muteCamera(identity: string, muted: boolean): void {
    const publisher = this.publisher(identity);
    if (publisher) this.#say(publisher.port, { say: 'camera-muted', muted });
  }

  /** Somebody came who needs a key frame of this caller. */
  wantKeyFrame(identity: string): void {
    const publisher = this.publisher(identity);
    if (publisher) this.#say(publisher.port, { say: 'want-key-frame' });
  }

  endPublisher(identity: string, end: LinkEnd): void {
    const publisher = this.publisher(identity);
    if (publisher) this.#say(publisher.port, { say: 'end', end });
  }

  endWatchers(end: LinkEnd): void {
    for (const [port, watcher] of this.watchers) {
      if (!watcher.gone) this.#say(port, { say: 'end', end });
      watcher.gone = true;
    }
  }

  close(): void {
    this.#socket.close();
  }

  #take(message: ToSfu, port: number): void {
    switch (message.say) {
      case 'publish':
      case 'subscribe':
        this.#join(message, port);
        return;
      case 'rtp':
        this.publishers
          .find((publisher) => publisher.port === port)
          ?.packets.push({ packet: Buffer.from(message.packet, 'base64'), level: message.level });
        return;
      case 'mute':
        for (const publisher of this.publishers) if (publisher.port === port) publisher.muted = message.muted;
        return;
      case 'take':
        for (const sid of message.sids) {
          if (message.taken) this.watchers.get(port)?.taken.add(sid);
          else this.watchers.get(port)?.taken.delete(sid);
        }
        return;
      case 'show':
        this.watchers.get(port)?.shown.set(message.sid, message.size);
        return;
      case 'ask-key-frame':
        this.watchers.get(port)?.keyFramesAsked.push(message.sid);
        return;
      case 'camera':
      case 'camera-size':
      case 'camera-rtp':
      case 'camera-mute':
      case 'camera-off': {
        const publisher = this.publishers.find((one) => one.port === port && !one.gone);
        if (publisher) this.#takeCamera(publisher, message);
        return;
      }
      case 'bye': {
        const watcher = this.watchers.get(port);
        if (watcher) watcher.gone = true;
        for (const publisher of this.publishers)
          if (publisher.port === port) {
            publisher.gone = true;
            this.#tellRoom(publisher.room);
          }
      }
    }
  }

  #takeCamera(
    publisher: FakePublisher,
    message: Extract<ToSfu, { say: `camera${'' | `-${string}`}` }>,
  ): void {
    const { camera } = publisher;
    switch (message.say) {
      case 'camera': {
        const taken = this.videoCodecs.includes(message.codec);
        if (taken) publisher.camera = { ...message, sid: `TR_${this.#next++}`, packets: [], muted: false };
        this.#say(publisher.port, { say: 'camera-taken', taken });
        this.#tellRoom(publisher.room);
        return;
      }
      case 'camera-size':
        if (camera) camera.size = message.size;
        return;
      case 'camera-rtp':
        camera?.packets.push(Buffer.from(message.packet, 'base64'));
        return;
      case 'camera-mute':
        if (camera) camera.muted = message.muted;
        return;
      case 'camera-off':
        publisher.camera = null;
        this.#tellRoom(publisher.room);
    }
  }

  #join(message: Extract<ToSfu, { token: string }>, port: number): void {
    const { room, identity } = JSON.parse(message.token) as { room: string; identity: string };
    const sid = `PA_${this.#next++}`;
    if (this.silent) return;
    if (this.refuse) {
      this.#say(port, { say: 'refused' });
      return;
    }
    if (message.say === 'subscribe') {
      // An identity is in a room once: who comes takes the place of its own ghost.
      for (const watcher of this.watchers.values()) if (watcher.room === room) watcher.gone = true;
      this.watchers.set(port, {
        room,
        taken: new Set(),
        shown: new Map(),
        keyFramesAsked: [],
        gone: false,
      });
      this.#tellRoom(room);
      this.#say(port, { say: 'joined', sid, identity: 'watcher', codec: 'opus' });
    } else {
      const codec = this.codecs.includes(message.codec) ? message.codec : 'opus';
      for (const ghost of this.publishers)
        if (ghost.room === room && ghost.identity === identity) ghost.gone = true;
      const packets: FakePublisher['packets'] = [];
      const fresh = { packets, muted: false, camera: null, gone: false };
      this.publishers.push({ room, identity, sid, codec, ...fresh, port });
      this.#say(port, { say: 'joined', sid, identity, codec });
      this.#tellRoom(room);
    }
  }

  #tellRoom(room: string): void {
    const callers = this.publishers.filter((publisher) => publisher.room === room && !publisher.gone);
    const people = this.#people.filter((person) => person.room === room);
    const present = new Map(
      people.map((one) => [
        one.participantSid,
        participant(one.participantSid, one.participantIdentity, 'standard'),
      ]),
    );
    const participants = [
      ...callers.map(({ sid, identity }) => participant(sid, identity, 'sip')),
      ...present.values(),
    ];
    const tracks = [
      ...callers.flatMap(({ sid, identity, codec, camera }) => [
        trackOf(`TR_${sid}`, sid, identity, codec),
        ...(camera ? [trackOf(camera.sid, sid, identity, camera.codec)] : []),
      ]),
      ...people.map(({ room: _room, ...track }) => track),
    ];
    for (const [port, watcher] of this.watchers)
      if (!watcher.gone && watcher.room === room) this.#say(port, { say: 'room', participants, tracks });
  }

  #say(port: number, message: FromSfu): void {
    this.#socket.send(JSON.stringify(message), port, '127.0.0.1');
  }
}

function participant(sid: string, identity: string, kind: RoomParticipant['kind']) {
  return { sid, identity, name: identity, kind, attributes: {} };
}

function trackOf(
  sid: string,
  participantSid: string,
  participantIdentity: string,
  codec: RoomCodec | RoomVideoCodec,
  source: RemoteTrack['source'] = 'camera',
): RemoteTrack {
  const whose = { sid, participantSid, participantIdentity, codec, muted: false };
  return codec === 'VP8' || codec === 'H264'
    ? { ...whose, kind: 'video', source }
    : { ...whose, kind: 'audio', source: 'microphone' };
}
