import type { CameraFigures } from '../../../ports.ts';

export const noFigures: CameraFigures = {
  frames: 0,
  keyFrames: 0,
  packetsLost: 0,
  malformed: 0,
  broken: 0,
  dropped: 0,
};

export function addFigures(a: CameraFigures, b: CameraFigures): CameraFigures {
  return {
    frames: a.frames + b.frames,
    keyFrames: a.keyFrames + b.keyFrames,
    packetsLost: a.packetsLost + b.packetsLost,
    malformed: a.malformed + b.malformed,
    broken: a.broken + b.broken,
    dropped: a.dropped + b.dropped,
  };
}
