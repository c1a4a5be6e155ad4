import { afterAll, expect, test } from 'vitest';
import { silence } from '../../../mcu/engines/embedded/pictures/codecs/av.ts';
import { VideoDecoder } from '../../../mcu/engines/embedded/pictures/codecs/decoder.ts';
import { mutate, randomFrom } from '../../support/byte-mutator.ts';
import { codedVideo, ffmpegMissing } from '../../support/coded-video.ts';
import { fuzzFactor, fuzzSeed } from '../../support/fuzz-seed.ts';
import { describeWith } from '../../support/needs.ts';
import { until } from '../../support/until.ts';

silence();

/** Broken frames of each codec, in CI. */
const brokenFrames = 300;
/** Below what a decoder lets wait. */
const atOnce = 10;

describeWith([ffmpegMissing], 'decoders', () => {
  const open: VideoDecoder[] = [];
  afterAll(() => {
    for (const decoder of open) decoder.close();
  });

  test.each(['H264', 'VP8', 'H263', 'H263-1998'] as const)(
    'of %s live through broken frames and decode whole ones after them',
    { timeout: 30_000 * fuzzFactor() },
    async (codec) => {
      const random = randomFrom(fuzzSeed());
      const { frames } = codedVideo(codec, { gop: 10, seconds: 1 });
      let shown = 0;
      const decoder = new VideoDecoder(codec, {
        onFrame: (frame) => {
          shown++;
          expect(frame.width).toBeGreaterThan(0);
        },
        onKeyFrameNeeded: () => undefined,
        onWork: () => undefined,
      });
      open.push(decoder);
      for (let i = 0; i < brokenFrames * fuzzFactor(); i++) {
        const whole = frames[i % frames.length];
        // One in three is whole, so that there is something to be broken; all claim to be key frames, and so are tried.
        const data = i % 3 === 0 ? whole : mutate(whole, random);
        decoder.push({ data, timestamp: i, keyFrame: true });
        if (i % atOnce === 0) await dealtWith(decoder);
      }
      await dealtWith(decoder);
      const before = shown;
      for (const [i, data] of frames.slice(0, atOnce).entries())
        decoder.push({ data, timestamp: i, keyFrame: i === 0 });
      await dealtWith(decoder);
      expect(shown).toBe(before + atOnce);
    },
  );
});

async function dealtWith(decoder: VideoDecoder): Promise<void> {
  await until('no frame waits', () => decoder.waiting === 0, 20_000);
}
