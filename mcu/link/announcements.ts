/** What a publisher tells the SFU of its tracks before it offers them. */
import { TrackSource, TrackType, VideoLayer, VideoQuality } from '@livekit/protocol';
import type { PictureSize } from '../ports.ts';
import type { OwnTrackOptions } from './own-track.ts';

type Announcement = OwnTrackOptions['announcement'];

export function voiceAnnouncement(name: string): Announcement {
  return { name, type: TrackType.AUDIO, source: TrackSource.MICROPHONE };
}

export function cameraAnnouncement(camera: {
  readonly trackName: string;
  readonly size: PictureSize;
  readonly ssrc: number;
}): Announcement {
  const { trackName, size, ssrc } = camera;
  // One layer: whatever a viewer asks for is this one.
  const layer = new VideoLayer({ ...size, ssrc, quality: VideoQuality.HIGH });
  return { name: trackName, type: TrackType.VIDEO, source: TrackSource.CAMERA, ...size, layers: [layer] };
}
