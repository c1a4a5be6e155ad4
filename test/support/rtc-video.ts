/** Video of LiveKit's own making (rtc-node). */
import {
  LocalVideoTrack,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoFrame,
  VideoSource,
  VideoStream,
} from '@livekit/rtc-node';
import type { LocalParticipant, RemoteVideoTrack } from '@livekit/rtc-node';
import type { I420 } from '../../mcu/compositor/i420.ts';
import { Pixels } from './pixels.ts';

const frameMs = 66;

/** Publishes a still picture as a camera. */
export async function publishPicture(
  local: LocalParticipant,
  { width, height, data }: I420,
): Promise<{ stop(): Promise<void> }> {
  const source = new VideoSource(width, height);
  const track = LocalVideoTrack.createVideoTrack('camera', source);
  const publication = await local.publishTrack(
    track,
    new TrackPublishOptions({ source: TrackSource.SOURCE_CAMERA, simulcast: false }),
  );
  const frame = new VideoFrame(Buffer.concat(data), width, height, VideoBufferType.I420);
  const timer = setInterval(() => source.captureFrame(frame), frameMs);
  return {
    stop: async () => {
      clearInterval(timer);
      if (publication.sid !== undefined) await local.unpublishTrack(publication.sid);
      await source.close();
    },
  };
}

/** The next frame that comes. */
export async function nextPicture(track: RemoteVideoTrack): Promise<Pixels> {
  const reader = new VideoStream(track).getReader();
  try {
    const { value, done } = await reader.read();
    if (done) throw new Error('the track is over');
    const { data, width, height } = value.frame.convert(VideoBufferType.RGBA);
    return new Pixels(width, height, new Uint8ClampedArray(data));
  } finally {
    await reader.cancel();
  }
}
