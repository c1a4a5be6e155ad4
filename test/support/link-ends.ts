/** The two ends of room links under test, with all that they said. */
import { vi } from 'vitest';
import type {
  LinkEnd,
  LinkFactory,
  PublishedVideo,
  PublishingLink,
  RemoteTrack,
  RoomCodec,
  RoomParticipant,
  RoomVideoCodec,
  SubscribingLink,
} from '../../mcu/ports.ts';
import { FrameAssembler, type EncodedFrame } from '../../mcu/video/frame-assembler.ts';
import type { LiveKit } from './livekit.ts';
import { type TestVideo } from './test-video.ts';
import { formatOf, TestCamera, type CameraInput } from './video-ends.ts';

export type Sfu = Pick<LiveKit, 'url' | 'token'>;

/** Waits until `check` throws no more. */
export function eventually(what: string, check: () => void | Promise<void>, timeout = 10_000): Promise<void> {
  return vi.waitFor(check, { timeout, interval: 50 }).catch((error: unknown) => {
    throw new Error(`never within ${timeout} ms: ${what}`, { cause: error });
  });
}

export interface PublishingEnd {
  readonly link: PublishingLink;
  readonly states: string[];
  readonly ends: LinkEnd[];
  readonly mutes: boolean[];
}

export interface PublishingWishes {
  readonly codec?: RoomCodec;
  readonly name?: string;
  readonly attributes?: Record<string, string>;
  readonly grants?: NonNullable<Parameters<LiveKit['token']>[2]>['grants'];
}

export async function openPublishing(
  links: LinkFactory,
  sfu: Sfu,
  room: string,
  identity: string,
  { codec = 'PCMU', grants, ...named }: PublishingWishes = {},
): Promise<PublishingEnd> {
  const seen: Omit<PublishingEnd, 'link'> = { states: [], ends: [], mutes: [] };
  const link = await links.publish({
    access: async () => ({
      url: sfu.url,
      token: await sfu.token(identity, room, { grants: { canSubscribe: false, ...grants }, ...named }),
    }),
    codec,
    trackName: 'phone',
    onMuted: (muted) => seen.mutes.push(muted),
    onState: (state) => seen.states.push(state),
    onEnd: (end) => seen.ends.push(end),
  });
  return { ...seen, link };
}

export interface SubscribingEnd {
  readonly link: SubscribingLink;
  readonly states: string[];
  readonly ends: LinkEnd[];
  readonly packets: Map<string, Buffer[]>;
  readonly speakers: (readonly string[])[];
  participants: readonly Omit<RoomParticipant, 'own'>[];
  tracks: readonly RemoteTrack[];
}

export async function openSubscribing(
  links: LinkFactory,
  sfu: Sfu,
  room: string,
  identity: string,
): Promise<SubscribingEnd> {
  const seen: Omit<SubscribingEnd, 'link'> = {
    states: [],
    ends: [],
    packets: new Map(),
    speakers: [],
    participants: [],
    tracks: [],
  };
  const grants = { canPublish: false, hidden: true };
  const link = await links.subscribe({
    access: async () => ({ url: sfu.url, token: await sfu.token(identity, room, { grants }) }),
    onParticipants: (participants) => (seen.participants = participants),
    onTracks: (tracks) => (seen.tracks = tracks),
    onPacket: (sid, packet) => {
      const list = seen.packets.get(sid) ?? [];
      list.push(packet);
      seen.packets.set(sid, list);
    },
    onSpeakers: (speakers) => seen.speakers.push(speakers.map(({ identity }) => identity)),
    onState: (state) => seen.states.push(state),
    onEnd: (end) => seen.ends.push(end),
  });
  return Object.assign(seen, { link });
}

/** The frames of a track's packets so far. */
export function framesIn(packets: readonly Buffer[]): EncodedFrame[] {
  const frames: EncodedFrame[] = [];
  const assembler = new FrameAssembler({
    formats: [formatOf('VP8'), formatOf('H264')],
    onFrame: (frame) => frames.push(frame),
  });
  for (const [index, packet] of packets.entries()) assembler.write(Buffer.from(packet), index);
  return frames;
}

export interface CameraEnd {
  readonly published: PublishedVideo;
  readonly device: TestCamera<CameraInput>;
  readonly mutes: boolean[];
  /** How often the room wanted a key frame. */
  keyFramesWanted: number;
}

/** Publishes a device's camera that sends a key frame whenever the room wants one. */
export async function openCamera(link: PublishingLink, video: TestVideo): Promise<CameraEnd> {
  let keyFramesWanted = 0;
  const mutes: boolean[] = [];
  const input: CameraInput = {
    write: () => undefined,
    onKeyFrameNeeded: null,
    close: () => undefined,
  };
  const device = new TestCamera(input, video);
  try {
    const { codec, width, height } = video;
    const published = await link.publishVideo({
      codec: codec as RoomVideoCodec,
      trackName: 'camera',
      width,
      height,
      onKeyFrameWanted: () => {
        keyFramesWanted += 1;
        input.onKeyFrameNeeded?.();
      },
      onMuted: (muted) => mutes.push(muted),
    });
    input.write = (packet) => published.write(packet);
    return {
      published,
      device,
      mutes,
      get keyFramesWanted() {
        return keyFramesWanted;
      },
    };
  } catch (error) {
    device.close();
    throw error;
  }
}
