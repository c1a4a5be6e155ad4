/** A stand-in for a media node whose parties have pictures: each endpoint's sockets are its own. */
import type {
  EndpointSpec,
  EndpointState,
  MixerHost,
  MixerSession,
  MixerTells,
} from '../../mcu/control/mixer-protocol.ts';
import type { FeedProfile, LayoutName, OwnPicture, PersonShown, Screen } from '../../mcu/ports.ts';
import { CodecPhone, payloadTypes } from './codec-phone.ts';
import { testVideo } from './test-video.ts';
import type { TestPicture } from './test-video.ts';
import { until } from './until.ts';
import { VideoPhone } from './video-phone.ts';

const videoPayloadType = 96;

export interface PicturePartyOptions {
  readonly id: string;
  readonly room?: string | null;
  readonly codec?: 'H264' | 'VP8';
  /** What is filmed; null: there is no camera, or it is off. */
  readonly colour: string | null;
  readonly kind?: 'camera' | 'screen';
  /** Height of what it looks at, in pixels; null: nothing is sent to it. */
  readonly looks?: 1080 | 720 | 360 | null;
  readonly screen?: Screen;
  readonly own?: OwnPicture;
}

export class PictureParty {
  readonly id: string;
  readonly sound: CodecPhone;
  readonly video: VideoPhone;
  readonly looks: number;
  media: MixerTells['mixerMedia'] | null = null;
  lost: string | null = null;
  readonly #session: MixerSession;
  #state: EndpointState;

  constructor(session: MixerSession, sound: CodecPhone, video: VideoPhone, options: PicturePartyOptions) {
    const { id, room = null, colour, kind = 'camera', looks = null, screen = null, own = 'shown' } = options;
    this.id = id;
    this.sound = sound;
    this.video = video;
    this.looks = looks ?? 0;
    this.#session = session;
    this.#state = {
      ...{
        room,
        identity: id,
        hears: room !== null && looks !== null,
        sees: room !== null && looks !== null,
      },
      ...{ muted: false, shows: colour !== null },
      look: looks === null ? null : { screen, banner: null, layout: 'auto', own },
    };
    session.ask('mixerOpen', {
      endpoint: id,
      spec: specOf(id, sound, video, kind, looks),
      state: this.#state,
    });
  }

  set(change: Partial<EndpointState>): void {
    this.#state = { ...this.#state, ...change };
    this.#session.ask('mixerSet', { endpoint: this.id, state: this.#state });
  }

  /** Who looks chooses. */
  choose(layout: LayoutName): void {
    const { look } = this.#state;
    if (look) this.set({ look: { ...look, layout } });
  }

  enter(room: string): void {
    const { look } = this.#state;
    this.set({ room, hears: true, sees: true, look: look && { ...look, screen: null } });
  }

  leave(): void {
    this.#session.ask('mixerClose', { endpoint: this.id });
    this.video.pause();
  }

  told(media: MixerTells['mixerMedia']): void {
    this.media = media;
    this.sound.phone.dial(media.audio);
    if (!media.video) return;
    this.video.phone.dial(media.video);
    if (this.#state.shows) this.video.film();
  }

  /** A whole picture that begins after this call. */
  async picture(): Promise<TestPicture> {
    this.video.frames.length = 0;
    let askedMs = -Infinity;
    await until(
      `${this.id} has a key frame`,
      () => {
        // As devices do until one has come.
        if (performance.now() - askedMs > 1000) {
          this.video.requestKeyFrame();
          askedMs = performance.now();
        }
        return this.video.keyFrames > 0;
      },
      10_000,
    );
    const picture = await this.video.now((this.looks * 16) / 9, this.looks);
    if (!picture) throw new Error('no picture');
    return picture;
  }

  /** Until the picture is as wished. */
  async sees(what: string, looksRight: (picture: TestPicture) => boolean): Promise<TestPicture> {
    let picture = await this.picture();
    await until(
      `${this.id} sees ${what}`,
      async () => looksRight(picture) || ((picture = await this.picture()), looksRight(picture)),
      15_000,
    );
    return picture;
  }

  close(): void {
    this.sound.close();
    this.video.close();
  }
}

export class PictureNode {
  readonly #session: MixerSession;
  readonly #parties = new Map<string, PictureParty>();
  #people: readonly PersonShown[] = [];

  constructor(host: MixerHost) {
    this.#session = host.attach('pictures', (name, params) => {
      const { mixerMedia, mixerLost } = { [name]: params } as Partial<MixerTells>;
      if (mixerMedia) this.#parties.get(mixerMedia.endpoint)?.told(mixerMedia);
      const lost = mixerLost && this.#parties.get(mixerLost.endpoint);
      if (lost) lost.lost = mixerLost.reason;
    });
  }

  async open(options: PicturePartyOptions): Promise<PictureParty> {
    const { codec = 'H264', colour, looks = null } = options;
    const video = await VideoPhone.open(testVideo({ codec, colour: colour ?? 'white' }));
    const sound = await CodecPhone.open(looks === null ? 'opus' : 'PCMU');
    const party = new PictureParty(this.#session, sound, video, options);
    this.#parties.set(options.id, party);
    await until(`${party.id} has media, or is lost`, () => party.media ?? party.lost, 10_000);
    if (party.lost !== null) throw new Error(`${party.id} is lost: ${party.lost}`);
    return party;
  }

  people(
    room: string,
    ...people: readonly { id: string; name?: string; muted?: boolean; cameraOff?: boolean }[]
  ): void {
    this.#people = people.map(({ id, name = id, muted = false, cameraOff = false }) => ({
      identity: id,
      name,
      muted,
      cameraOff,
    }));
    this.speak(room);
  }

  /** Nobody else does. */
  speak(room: string, ...speakers: readonly string[]): void {
    this.#session.ask('mixerRoom', { room, people: this.#people, speakers });
  }

  close(): void {
    this.#session.detach();
    for (const party of this.#parties.values()) party.close();
  }
}

function specOf(
  seat: string,
  sound: CodecPhone,
  { phone, video: { codec } }: VideoPhone,
  kind: 'camera' | 'screen',
  looks: number | null,
): EndpointSpec {
  const payloadType = videoPayloadType;
  const { rtpPort, rtcpPort } = sound.phone.remote;
  const direction = looks === null ? 'sendonly' : 'sendrecv';
  return {
    ...{ seat, role: looks === null ? 'participant' : 'leg', host: '127.0.0.1', bridgedTo: null },
    audio: { codec: sound.codec, payloadType: payloadTypes[sound.codec], direction, rtpPort, rtcpPort },
    video: {
      rtpPort: phone.remote.rtpPort,
      rtcpPort: phone.remote.rtcpPort,
      sends: [{ codec, payloadType }],
      kind,
      gets: looks === null ? null : { profile: profileOf(codec, looks), payloadType },
    },
  };
}

function profileOf(codec: FeedProfile['codec'], height: number): FeedProfile {
  return {
    codec,
    ...(codec === 'H264' && { h264Profile: 'constrained-baseline', packetizationMode: 1 }),
    width: (height * 16) / 9,
    height,
    fps: 30,
    bitrate: height * 2000,
  };
}
