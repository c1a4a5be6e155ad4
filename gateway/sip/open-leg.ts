import { LegError } from '../errors.ts';
import { inTime } from '../in-time.ts';
import type { MediaLeg, MediaNode } from '../ports.ts';

/** Opens media; a leg that comes too late has no owner and is closed. Throws `LegError`. */
export async function openLegInTime(
  node: Pick<MediaNode, 'openLeg'>,
  id: string,
  ms: number,
): Promise<MediaLeg> {
  const opening = node.openLeg(id);
  try {
    return await inTime(ms, 'media-unavailable', opening);
  } catch (error) {
    void opening.then(
      (late) => late.close(),
      () => undefined,
    );
    throw new LegError('media-unavailable', error);
  }
}
