import { randomInt } from 'node:crypto';
import type {
  FeedProfile,
  LayoutName,
  OwnPicture,
  Screen,
  Viewer,
  ViewerFigures,
  ViewerLook,
  ViewerSpec,
} from '../../../ports.ts';
import { newRtpView, parseRtp } from '../../../rtp/packet.ts';
import { KeyFrameSpotter } from '../../../video/key-frame-spotter.ts';
import { buildPli } from '../../../video/rtcp-feedback.ts';
import { rungFor } from '../../../video/rung.ts';
import type { Seat, SeatViewer } from '../seat.ts';
import { videoPayloadTypes } from '../seat-wishes.ts';
import type { ViewerWish } from '../seat-wishes.ts';
import { KeyFrameWanted } from './key-frame-wanted.ts';
import { SingleNals } from './single-nals.ts';

export interface ViewerHost {
  /** What it watches, or how large, has changed. */
  readonly changed: () => void;
  readonly closed: () => void;
}

/** Somebody who watches: what they want to see, and what FreeSWITCH sends them. */
export class FreeSwitchViewer implements Viewer, SeatViewer {
  readonly id: string;
  onPacket: ((packet: Buffer, keyFrame: boolean) => void) | null = null;
  readonly #seat: Seat;
  readonly #host: ViewerHost;
  readonly #view = newRtpView();
  readonly #spotter = new KeyFrameSpotter();
  readonly #ssrc = randomInt(1, 0x1_0000_0000);
  readonly #asks = new KeyFrameWanted(() => this.#askForKeyFrame());
  #nals: SingleNals | null;
  #asked: FeedProfile;
  /** What its way carries of that. */
  #profile: FeedProfile;
  #room: string | null = null;
  #identity: string | null = null;
  #look: ViewerLook = { screen: null, banner: null, layout: 'auto', own: 'auto' };
  #limit = Infinity;
  /** FreeSWITCH's; -1: nothing has come since the endpoint is up. */
  #mediaSsrc = -1;
  /** A key frame has come from it. */
  #open = false;
  #keyTimestamp = -1;
  #framesSent = 0;
  #keyFrames = 0;
  #closed = false;

  constructor(spec: ViewerSpec, seat: Seat, host: ViewerHost) {
    this.id = spec.id;
    this.#asked = this.#profile = spec.profile;
    this.#nals = nalsFor(spec.profile);
    this.#seat = seat;
    this.#host = host;
    seat.sitDown({ viewer: this });
  }

  get wish(): ViewerWish {
    return { profile: this.#profile, room: this.#room, identity: this.#identity, look: this.#look };
  }

  watch(room: string | null, identity: string | null): void {
    this.#room = room;
    this.#identity = identity;
    this.#changed();
  }

  setLayout(layout: LayoutName, own: OwnPicture): void {
    this.#look = { ...this.#look, layout, own };
    this.#changed();
  }

  show(screen: Screen | null): void {
    this.#look = { ...this.#look, screen };
    this.#changed();
  }

  setBanner(banner: string | null): void {
    this.#look = { ...this.#look, banner };
    this.#changed();
  }

  requestKeyFrame(): void {
    this.#asks.want();
  }

  /** Fewer pixels, where it has to be, come from another channel. */
  limitBitrate(bitrate: number): void {
    if (bitrate === this.#limit) return;
    this.#limit = bitrate;
    this.#profileIs(rungFor(this.#asked, bitrate, this.#profile));
  }

  reprofile(profile: FeedProfile): void {
    this.#asked = profile;
    this.#nals = nalsFor(profile);
    this.#profileIs(rungFor(profile, this.#limit, null));
  }

  figures(): Promise<ViewerFigures> {
    const { fps, bitrate } = this.#profile;
    return Promise.resolve({ framesSent: this.#framesSent, keyFrames: this.#keyFrames, fps, bitrate });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onPacket = null;
    this.#asks.close();
    this.#seat.standUp(this);
    this.#host.closed();
  }

  /** Another channel's stream goes on where the last one's was, from its first key frame on. */
  onUp(): void {
    this.#mediaSsrc = -1;
    this.#open = false;
    this.#nals = nalsFor(this.#profile);
  }

  onVideo(packet: Buffer): void {
    const view = this.#view;
    if (!parseRtp(packet, view)) return;
    this.#mediaSsrc = view.ssrc;
    const { codec } = this.#profile;
    if (this.#spotter.look(codec, packet, view.payloadStart, view.payloadEnd)) {
      this.#asks.came();
      if (view.timestamp !== this.#keyTimestamp) this.#keyFrames++;
      this.#keyTimestamp = view.timestamp;
      this.#open = true;
    }
    if (!this.#open) {
      this.#asks.want();
      return;
    }
    if (view.marker) this.#framesSent++;
    if (this.#nals) this.#nals.write(packet, this.#emit);
    else this.#emit(packet, view.timestamp === this.#keyTimestamp);
  }

  readonly #emit = (packet: Buffer, keyFrame: boolean): void => this.onPacket?.(packet, keyFrame);

  #profileIs(profile: FeedProfile): void {
    if (profile === this.#profile) return;
    this.#profile = profile;
    this.#changed();
  }

  #changed(): void {
    this.#seat.changed();
    this.#host.changed();
  }

  #askForKeyFrame(): void {
    if (this.#mediaSsrc >= 0) this.#seat.endpoint?.sendVideoRtcp(buildPli(this.#ssrc, this.#mediaSsrc));
  }
}

/** FreeSWITCH sends fragments whatever was agreed (RFC 6184 §6.2 forbids them in mode 0). */
function nalsFor({ codec, packetizationMode }: FeedProfile): SingleNals | null {
  return codec === 'H264' && packetizationMode !== 1 ? new SingleNals(videoPayloadTypes.H264) : null;
}
