import { encodeG711 } from '../../codecs/g711.ts';
import type { G711 } from '../../codecs/g711.ts';
import { comfortNoise } from '../../mixer/comfort-noise.ts';

const frameSamples = 160;

/** 20 ms payloads of comfort noise, for all lines of a law. */
function encodedNoise(law: G711): readonly Buffer[] {
  const noise = comfortNoise(8000);
  return Array.from({ length: noise.length / frameSamples }, (_, index) => {
    const payload = Buffer.alloc(frameSamples);
    encodeG711(law, noise.subarray(index * frameSamples), frameSamples, payload, 0);
    return payload;
  });
}

const frames: Readonly<Record<G711, readonly Buffer[]>> = {
  PCMU: encodedNoise('PCMU'),
  PCMA: encodedNoise('PCMA'),
};

/** What a line sounds like in a tick in which nobody speaks. */
export function idlePayload(law: G711, tick: number): Buffer {
  const own = frames[law];
  // A step that shares no factor with the count: every frame, in an order that is no rhythm.
  return own[(tick * 17) % own.length];
}
