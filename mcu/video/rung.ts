import type { FeedProfile } from '../ports.ts';
import { profileWithin } from './feed-profile.ts';

/** A higher rung is taken when the way carries so much more than it needs: each change costs a key frame. */
const headroom = 1.2;

/**
 * The profile for a viewer whose way carries `limit` bits per second. As long as the picture stays as large and as
 * fast it is the one that was asked for: those who share its feed share the lowest rate of them all.
 * @param present What they have now; null: nothing.
 */
export function rungFor(asked: FeedProfile, limit: number, present: FeedProfile | null): FeedProfile {
  const rung = rungWithin(asked, limit);
  if (!present || pixelRate(rung) <= pixelRate(present)) return rung;
  const sure = rungWithin(asked, limit / headroom);
  return pixelRate(sure) > pixelRate(present) ? sure : present;
}

function rungWithin(asked: FeedProfile, limit: number): FeedProfile {
  const within = profileWithin(asked, limit);
  return pixelRate(within) === pixelRate(asked) ? asked : within;
}

function pixelRate({ width, height, fps }: FeedProfile): number {
  return width * height * fps;
}
