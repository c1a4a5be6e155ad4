/** What those who have one seat want of FreeSWITCH together. */
import type { EndpointState } from '../../control/mixer-protocol.ts';
import type { MemberSpec, VideoCodec, VideoFormat, ViewerLook } from '../../ports.ts';
import type { FeedProfile } from '../../ports/video.ts';
import type { EndpointWish } from './endpoint.ts';

/** Between node and FreeSWITCH; no device ever sees them. */
export const videoPayloadTypes = { VP8: 96, H264: 102, H263: 34, 'H263-1998': 103 } as const satisfies Record<
  VideoCodec,
  number
>;

/** A camera without sound: the microphone that follows it most likely is of this kind, and needs no other endpoint then. */
const silentAudio = { codec: 'opus', payloadType: 111 } as const;

export interface MemberWish {
  readonly spec: MemberSpec;
  readonly room: string | null;
  readonly hears: boolean;
  readonly muted: boolean;
}

export interface CameraWish {
  readonly room: string;
  readonly identity: string;
  readonly kind: 'camera' | 'screen';
  /** What it sends now. */
  readonly format: VideoFormat;
}

export interface ViewerWish {
  readonly profile: FeedProfile;
  readonly room: string | null;
  readonly identity: string | null;
  readonly look: ViewerLook;
}

export interface SeatWishes {
  readonly member: MemberWish | null;
  readonly camera: CameraWish | null;
  readonly viewer: ViewerWish | null;
}

/** Null: nobody has the seat. */
export function endpointFor(seat: string, { member, camera, viewer }: SeatWishes): EndpointWish | null {
  if (!member && !camera && !viewer) return null;
  const role = viewer || member?.spec.role === 'leg' ? 'leg' : 'participant';
  const { codec, payloadType } = member?.spec ?? silentAudio;
  return {
    seat,
    role,
    audio: { codec, payloadType, direction: role === 'leg' ? 'sendrecv' : 'sendonly' },
    video: videoFor(camera, viewer),
    bridgedTo: null,
  };
}

/**
 * One stream in one codec. A device that is sent pictures most likely has a camera too, which comes when its caller
 * enters a room: that costs no other endpoint, which would break into what the caller hears then.
 */
function videoFor(camera: CameraWish | null, viewer: ViewerWish | null): EndpointWish['video'] {
  const codec = viewer?.profile.codec ?? camera?.format.codec;
  if (!codec) return null;
  const payloadType = videoPayloadTypes[codec];
  const format: VideoFormat = camera?.format.codec === codec ? camera.format : { codec, payloadType };
  return {
    kind: camera?.kind ?? 'camera',
    sends: [{ ...format, payloadType }],
    gets: viewer && { profile: viewer.profile, payloadType },
  };
}

export function stateFor({ member, camera, viewer }: SeatWishes): EndpointState {
  return {
    room: member ? member.room : (camera?.room ?? viewer?.room ?? null),
    identity: camera?.identity ?? viewer?.identity ?? null,
    hears: member?.hears ?? false,
    sees: viewer !== null && viewer.room !== null,
    muted: member?.muted ?? false,
    shows: camera !== null,
    look: viewer?.look ?? null,
  };
}

/** Whether an endpoint does for a wish: what it has beyond that is switched off by its state. */
export function does(has: EndpointWish, wish: EndpointWish): boolean {
  return soundsAlike(has, wish) && has.role === wish.role && showsEnough(has.video, wish.video);
}

export function soundsAlike({ audio: has }: EndpointWish, { audio: wish }: EndpointWish): boolean {
  return has.codec === wish.codec && has.payloadType === wish.payloadType && has.direction === wish.direction;
}

function showsEnough(has: EndpointWish['video'], wish: EndpointWish['video']): boolean {
  if (!wish) return true;
  if (!has || has.kind !== wish.kind) return false;
  const [hasCodec, wishCodec] = [has, wish].map(({ sends }) => sends?.[0]?.codec);
  return hasCodec === wishCodec && (!wish.gets || sameFeed(has.gets, wish.gets));
}

type Gets = NonNullable<EndpointWish['video']>['gets'];

function sameFeed(has: Gets, wish: Gets): boolean {
  return JSON.stringify(has?.profile) === JSON.stringify(wish?.profile);
}
