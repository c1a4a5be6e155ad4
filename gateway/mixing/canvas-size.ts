import type { EndpointSpec, EndpointState } from '../../mcu/control/mixer-protocol.ts';
import { conferenceProfiles } from './conference.ts';

/** A canvas that FreeSWITCH composes, in pixels. */
export interface CanvasSize {
  readonly name: '720p' | '1080p';
  readonly width: number;
  readonly height: number;
}

/** As `video-canvas-size` in deploy/freeswitch/conference.xml says. */
const canvasSizes = {
  '720p': { name: '720p', width: 1280, height: 720 },
  '1080p': { name: '1080p', width: 1920, height: 1080 },
} as const satisfies Record<CanvasSize['name'], CanvasSize>;

/** Whether somebody there sees the room, and not a screen of their own. */
export function seesRoom({ video }: EndpointSpec, { room, sees, look }: EndpointState): boolean {
  return room !== null && Boolean(video?.gets) && sees && !look?.screen;
}

/** What somebody needs a canvas of; null: nothing is sent to them. */
export function canvasFor({ video }: EndpointSpec): CanvasSize | null {
  if (!video?.gets) return null;
  return canvasSizes[video.gets.profile.height > canvasSizes['720p'].height ? '1080p' : '720p'];
}

/** Null: there is none. */
export function largestOf(sizes: readonly (CanvasSize | null)[]): CanvasSize | null {
  return sizes.reduce(
    (largest, size) => ((size?.height ?? 0) > (largest?.height ?? 0) ? size : largest),
    null,
  );
}

export function profileOf(size: CanvasSize | null): string {
  return conferenceProfiles[size?.name ?? 'audio'];
}

/**
 * Who gets a picture smaller than the canvas is in a group with an encoder of its own, which FreeSWITCH scales the
 * canvas for. Null: the canvas as it is.
 */
export function groupOf({ video }: EndpointSpec, size: CanvasSize): CodecGroup | null {
  if (!video?.gets) return null;
  const { width, height, bitrate } = video.gets.profile;
  if (width >= size.width && height >= size.height) return null;
  return { name: `${width}x${height}`, scaled: `${Math.ceil(bitrate / 1000)}kb:=${width}x${height}` };
}

export interface CodecGroup {
  readonly name: string;
  /** Bit rate and size, as `vid-bandwidth` and the variable `group-…` of a conference have them. */
  readonly scaled: string;
}
