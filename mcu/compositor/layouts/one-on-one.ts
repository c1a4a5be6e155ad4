import { inset, whole } from '../geometry.ts';
import { ownTile, speakerOf, tile } from './people.ts';
import type { Cast } from './people.ts';
import type { Tile } from '../scene.ts';

/** The other one has the whole picture; an own picture lies small over it. */
export function oneOnOne(cast: Cast): readonly Tile[] {
  const { canvas, own } = cast;
  const who = speakerOf(cast);
  if (!who) return [];
  const other = tile(canvas, who.speaker, whole(canvas), 'contain');
  return own ? [other, ownTile(canvas, own, inset(canvas))] : [other];
}
