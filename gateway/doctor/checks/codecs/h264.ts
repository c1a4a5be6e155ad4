import { newPicture, silence } from '../../../../mcu/engines/embedded/pictures/codecs/av.ts';
import { VideoDecoder } from '../../../../mcu/engines/embedded/pictures/codecs/decoder.ts';
import { VideoEncoder } from '../../../../mcu/engines/embedded/pictures/codecs/encoder.ts';

const profile = {
  codec: 'H264',
  h264Profile: 'constrained-baseline',
  packetizationMode: 1,
  width: 320,
  height: 180,
  fps: 30,
  bitrate: 300_000,
} as const;

/** A grey picture through the encoder and the decoder that calls have. */
export async function codeOnePicture(): Promise<void> {
  silence();
  const encoder = await VideoEncoder.open(profile);
  const picture = newPicture(profile.width, profile.height);
  for (const plane of picture.data ?? []) plane.fill(128);
  const units: Buffer[] = [];
  await encoder.encode(picture, 0n, true, (data) => units.push(Buffer.from(data)));
  encoder.close();
  if (units.length === 0) throw new Error('the encoder gave no frame');
  let decoded = 0;
  await new Promise<void>((resolve) => {
    const decoder = new VideoDecoder('H264', {
      onFrame: () => decoded++,
      onKeyFrameNeeded: () => undefined,
      onWork: (busy) => {
        if (!busy) resolve();
      },
    });
    decoder.push({ data: Buffer.concat(units), timestamp: 0, keyFrame: true });
  });
  if (decoded === 0) throw new Error('the decoder gave no picture');
}
