import { whole } from '../geometry.ts';
import { screenTile, speakerOf, tile } from './people.ts';
import type { Cast } from './people.ts';
import type { Tile } from '../scene.ts';

/** Nothing but the shared screen or, without one, whoever has the floor. */
export function lecture(cast: Cast): readonly Tile[] {
  const { canvas } = cast;
  const screen = cast.screens.at(0);
  if (screen) return [screenTile(canvas, screen, whole(canvas), false)];
  const who = speakerOf(cast);
  return who ? [tile(canvas, who.speaker, whole(canvas), 'contain')] : [];
}
