import { stage, stripPlaces } from '../geometry.ts';
import { ownTile, screenTile, seated, tile } from './people.ts';
import type { Cast } from './people.ts';
import { speaker } from './speaker.ts';
import type { Tile } from '../scene.ts';

/** On a canvas narrower than this, a screen is larger above a strip than beside it. */
const narrow = 1.5;

/** The screen shared last is big, with people beside it. Without one it is as `speaker`. */
export function presentation(cast: Cast): readonly Tile[] {
  const { canvas, own } = cast;
  const screen = cast.screens.at(0);
  if (!screen) return speaker(cast);
  const side = (canvas.width * canvas.pixelAspect) / canvas.height < narrow ? 'below' : 'beside';
  const places = stripPlaces(canvas, side) - (own ? 1 : 0);
  const strip = [...seated(cast, cast.people, places), ...(own ? [own] : [])];
  const areas = stage(canvas, side, strip.length);
  return [
    screenTile(canvas, screen, areas.big, side === 'beside' && strip.length > 0),
    ...strip.map((one, i) => (one === own ? ownTile : tile)(canvas, one, areas.strip[i])),
  ];
}
