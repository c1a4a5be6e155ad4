/** The engine's video half: cameras go in, one composed picture of the room comes out for each kind of viewer. */
import type { EngineStatus } from './status.ts';
import type { FeedProfile, RoomVideoCodec, VideoCodec, VideoFormat } from './video.ts';

/** A person in a room, as a picture shows them. */
export interface PersonShown {
  readonly identity: string;
  /** In any script. */
  readonly name: string;
  readonly muted: boolean;
  /** Their camera is muted, or they have none: an avatar stands for them. */
  readonly cameraOff: boolean;
}

/** What is drawn of a room besides its cameras. People stand in the order in which they came. */
export interface RoomShown {
  readonly people: readonly PersonShown[];
  /** Identities of those who speak now, the loudest first. */
  readonly speakers: readonly string[];
}

/** `auto`: a presentation when somebody shares a screen, else one-on-one, grid or speaker by the number of people. */
export type LayoutName = 'auto' | 'grid' | 'speaker' | 'lecture' | 'one-on-one' | 'presentation';

/** Whether viewers see themselves. `auto`: only where many viewers share one picture. */
export type OwnPicture = 'auto' | 'left-out' | 'small' | 'shown';

export interface CameraSpec {
  readonly id: string;
  /** As `MemberSpec.seat`. */
  readonly seat: string;
  readonly room: string;
  /** Of whom it is. */
  readonly identity: string;
  readonly kind: 'camera' | 'screen';
  /** What it sends, most likely the first; packets of other payload types are counted and dropped. */
  readonly formats: readonly VideoFormat[];
  /** Out-of-band SPS and PPS, base64. */
  readonly parameterSets?: readonly string[];
  /** Whoever receives it asks for lost packets again (NACK), so that waiting for them pays; absent: nobody does. */
  readonly repaired?: boolean;
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

export interface CameraFigures {
  readonly frames: number;
  readonly keyFrames: number;
  readonly packetsLost: number;
  readonly malformed: number;
  /** Frames that could not be decoded. */
  readonly broken: number;
  /** Frames that were left out because decoding fell behind. */
  readonly dropped: number;
}

/**
 * A camera or a shared screen: one encoded stream into the engine. It is decoded once, and only while it is on a
 * picture. Callbacks are called on the packet path.
 */
export interface Camera {
  readonly id: string;
  /** One whole RTP packet, header extensions removed; whoever hands it over gives it away. */
  write(packet: Buffer): void;
  /** Nothing can be decoded before the next key frame. Told again, at most every 500 ms, until one has come. */
  onKeyFrameNeeded: (() => void) | null;
  /** How large it is shown at most, when that has changed; null: nowhere. */
  onShown: ((size: PictureSize | null) => void) | null;
  /** Its own size has changed, in pixels. */
  onSize: ((size: PictureSize) => void) | null;
  /** Gives the camera back in another codec, for a room whose browsers can't take what the device sends; null: no more. */
  setPictureBack(codec: RoomVideoCodec | null): void;
  /** Whole RTP packets in that codec, 90 kHz. */
  onPublish: ((packet: Buffer) => void) | null;
  /** Of what `onPublish` gives. */
  requestKeyFrame(): void;
  figures(): Promise<CameraFigures>;
  close(): void;
}

/** What a viewer sees instead of a room, or over it. All text is ready to be drawn, in the viewer's language. */
export interface Screen {
  readonly title: string;
  readonly lines: readonly string[];
  /** How many digits of a PIN were typed: dots are drawn for them; null: none is asked for. */
  readonly digits: number | null;
}

/** How somebody sees their room, and what they see over it or instead of it. */
export interface ViewerLook {
  readonly screen: Screen | null;
  readonly banner: string | null;
  readonly layout: LayoutName;
  readonly own: OwnPicture;
}

export interface ViewerSpec {
  readonly id: string;
  /** As `MemberSpec.seat`. */
  readonly seat: string;
  readonly profile: FeedProfile;
}

export interface ViewerFigures {
  readonly framesSent: number;
  readonly keyFrames: number;
  /** As it is now: under load it falls below the profile's. */
  readonly fps: number;
  readonly bitrate: number;
}

/**
 * Somebody who is sent one video stream. Viewers who want the same get the same packets: nobody may change them
 * in place.
 */
export interface Viewer {
  readonly id: string;
  /**
   * Whole RTP packets of the engine's own numbering: 90 kHz timestamps, marker at a frame's end. `keyFrame`: the packet
   * belongs to one that can be decoded alone. The buffer is lent: read it before returning.
   */
  onPacket: ((packet: Buffer, keyFrame: boolean) => void) | null;
  /** Watches a room as the person `identity`; null: none. */
  watch(room: string | null, identity: string | null): void;
  setLayout(layout: LayoutName, own: OwnPicture): void;
  /** Fills the picture; null: the room is seen. */
  show(screen: Screen | null): void;
  /** A line over the room's picture; null: none. */
  setBanner(text: string | null): void;
  /** The next frame can be decoded alone; asked too often, it comes a little later. */
  requestKeyFrame(): void;
  /** What the way to the viewer carries, in bits per second. */
  limitBitrate(bitrate: number): void;
  /** Another profile, after a new offer/answer. */
  reprofile(profile: FeedProfile): void;
  figures(): Promise<ViewerFigures>;
  close(): void;
}

/** What the present picture process does, and has counted since its start. */
export interface PictureFigures {
  /** Frames a second at which pictures are made at most now: it falls under load. */
  readonly fps: number;
  /** How often it was lowered. */
  readonly slowedDown: number;
  /** By what they are; a feed that was closed counts with its frames. */
  readonly feeds: readonly FeedFigures[];
  /** Cameras that are decoded now. */
  readonly cameras: number;
  /** Of all cameras. */
  readonly decoded: CameraFigures;
}

export interface FeedFigures {
  readonly codec: VideoCodec;
  readonly height: number;
  /** How many there are now. */
  readonly feeds: number;
  /** Frames that were encoded for them. */
  readonly frames: number;
}

export interface PictureStatus extends EngineStatus {
  /** Cameras that are left out, as decoding them ended the process. */
  readonly leftOut: number;
  /** Null: not known yet, or no more. */
  readonly figures: PictureFigures | null;
}

export interface PictureEngine {
  /** Of the picture process; its figures are some seconds old at most. */
  status(): PictureStatus;
  openCamera(spec: CameraSpec): Camera;
  openViewer(spec: ViewerSpec): Viewer;
  /** What is known of a room; forgotten with its last camera and viewer. */
  setRoom(room: string, shown: RoomShown): void;
  /** The codecs that can be read and made here. */
  readonly codecs: readonly VideoCodec[];
  close(): Promise<void>;
}
