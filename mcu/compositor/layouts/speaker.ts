import { stage, stripPlaces } from '../geometry.ts';
import { ownTile, seated, speakerOf, tile } from './people.ts';
import type { Cast } from './people.ts';
import type { Tile } from '../scene.ts';

/** Whoever has the floor is big, the others and a small own picture are in a strip below. */
export function speaker(cast: Cast): readonly Tile[] {
  const { canvas, own } = cast;
  const who = speakerOf(cast);
  if (!who) return [];
  const places = stripPlaces(canvas, 'below') - (own ? 1 : 0);
  const strip = [...seated(cast, who.others, places), ...(own ? [own] : [])];
  const areas = stage(canvas, 'below', strip.length);
  return [
    tile(canvas, who.speaker, areas.big, 'contain'),
    ...strip.map((one, i) => (one === own ? ownTile : tile)(canvas, one, areas.strip[i])),
  ];
}
