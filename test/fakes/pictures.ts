import type {
  Camera,
  CameraFigures,
  CameraSpec,
  FeedProfile,
  LayoutName,
  OwnPicture,
  PictureEngine,
  PictureSize,
  PictureStatus,
  RoomShown,
  RoomVideoCodec,
  Screen,
  VideoCodec,
  Viewer,
  ViewerFigures,
  ViewerSpec,
} from '../../mcu/ports.ts';

export class FakeCamera implements Camera {
  readonly id: string;
  readonly spec: CameraSpec;
  readonly packets: Buffer[] = [];
  onKeyFrameNeeded: (() => void) | null = null;
  onShown: ((size: PictureSize | null) => void) | null = null;
  onSize: ((size: PictureSize) => void) | null = null;
  onPublish: ((packet: Buffer) => void) | null = null;
  /** The codec in which it is given back. */
  back: RoomVideoCodec | null = null;
  keyFramesRequested = 0;
  malformed = 0;
  closed = false;

  constructor(spec: CameraSpec) {
    this.id = spec.id;
    this.spec = spec;
  }

  write(packet: Buffer): void {
    this.packets.push(packet);
  }

  setPictureBack(codec: RoomVideoCodec | null): void {
    this.back = codec;
  }

  requestKeyFrame(): void {
    this.keyFramesRequested++;
  }

  figures(): Promise<CameraFigures> {
    return Promise.resolve({
      frames: 0,
      keyFrames: 0,
      packetsLost: 0,
      malformed: this.malformed,
      broken: 0,
      dropped: 0,
    });
  }

  close(): void {
    this.closed = true;
  }
}

export class FakeViewer implements Viewer {
  readonly id: string;
  profile: FeedProfile;
  onPacket: ((packet: Buffer, keyFrame: boolean) => void) | null = null;
  watching: readonly [room: string | null, identity: string | null] = [null, null];
  layout: readonly [LayoutName, OwnPicture] = ['auto', 'auto'];
  screen: Screen | null = null;
  banner: string | null = null;
  limit = Infinity;
  keyFramesRequested = 0;
  closed = false;

  constructor(spec: ViewerSpec) {
    this.id = spec.id;
    this.profile = spec.profile;
  }

  watch(room: string | null, identity: string | null): void {
    this.watching = [room, identity];
  }

  setLayout(layout: LayoutName, own: OwnPicture): void {
    this.layout = [layout, own];
  }

  show(screen: Screen | null): void {
    this.screen = screen;
  }

  setBanner(text: string | null): void {
    this.banner = text;
  }

  requestKeyFrame(): void {
    this.keyFramesRequested++;
  }

  limitBitrate(bitrate: number): void {
    this.limit = bitrate;
  }

  reprofile(profile: FeedProfile): void {
    this.profile = profile;
  }

  figures(): Promise<ViewerFigures> {
    const { fps, bitrate } = this.profile;
    return Promise.resolve({ framesSent: 0, keyFrames: 0, fps, bitrate });
  }

  close(): void {
    this.closed = true;
  }
}

/** Pictures that nobody draws: remembers what is wanted of it. */
export class FakePictures implements PictureEngine {
  codecs: readonly VideoCodec[] = ['H264', 'VP8', 'H263', 'H263-1998'];
  readonly allCameras: FakeCamera[] = [];
  readonly allViewers: FakeViewer[] = [];
  readonly rooms = new Map<string, RoomShown>();

  /** Those that are open. */
  get cameras(): readonly FakeCamera[] {
    return this.allCameras.filter(({ closed }) => !closed);
  }

  get viewers(): readonly FakeViewer[] {
    return this.allViewers.filter(({ closed }) => !closed);
  }

  openCamera(spec: CameraSpec): Camera {
    const camera = new FakeCamera(spec);
    this.allCameras.push(camera);
    return camera;
  }

  openViewer(spec: ViewerSpec): Viewer {
    const viewer = new FakeViewer(spec);
    this.allViewers.push(viewer);
    return viewer;
  }

  status(): PictureStatus {
    return { state: 'up', pid: null, restarts: 0, hangs: 0, leftOut: 0, figures: null };
  }

  setRoom(room: string, shown: RoomShown): void {
    this.rooms.set(room, shown);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
