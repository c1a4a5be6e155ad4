import { whole } from '../geometry.ts';
import { speakerOf, tile } from './people.ts';
import type { Cast } from './people.ts';
import type { Tile } from '../scene.ts';

/** Nothing but the shared screen or, without one, whoever has the floor. */
export function lecture(cast: Cast): readonly Tile[] {
  const shown = cast.screens.at(0) ?? speakerOf(cast)?.speaker;
  return shown ? [tile(cast.canvas, shown, whole(cast.canvas), 'contain')] : [];
}
