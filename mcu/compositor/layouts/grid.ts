import { grid as tiling, inset } from '../geometry.ts';
import { ownTile, screenTile, seated, tile } from './people.ts';
import type { Cast } from './people.ts';
import type { Tile } from '../scene.ts';

/** More faces than these can't be told apart. */
export const mostTiles = 25;

/** Everybody has the same room; shared screens come first. An own picture lies small over the last tile's corner. */
export function grid(cast: Cast): readonly Tile[] {
  const { canvas, own } = cast;
  const screens = cast.screens.slice(0, mostTiles);
  const shown = [...screens, ...seated(cast, cast.people, mostTiles - screens.length)];
  const areas = tiling(canvas, shown.length);
  const tiles = shown.map((one, i) =>
    one.kind === 'screen' ? screenTile(canvas, one, areas[i], true) : tile(canvas, one, areas[i]),
  );
  return own ? [...tiles, ownTile(canvas, own, inset(canvas))] : tiles;
}
