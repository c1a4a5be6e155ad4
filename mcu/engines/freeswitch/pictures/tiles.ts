/** How large FreeSWITCH shows each camera. It doesn't tell: this is what its layouts come to. */
import type { CameraSpec, LayoutName, PictureSize, RoomShown } from '../../../ports.ts';

/** `group:grid` ends at 5 × 5; who finds no place there needs not be sent at all. */
const mostTiles = 25;

export interface Watching {
  /** Of the canvas that they see. */
  readonly size: PictureSize;
  readonly layout: LayoutName;
}

/**
 * Sizes by camera id, for those that are shown: in a grid a cell of it; a screen, and whoever speaks in a layout that
 * has a large tile, may have the whole canvas. The largest canvas of all who watch counts.
 */
export function tilesFor(
  cameras: Iterable<CameraSpec>,
  watching: Iterable<Watching>,
  { people, speakers }: RoomShown,
): ReadonlyMap<string, PictureSize> {
  const canvas = { width: 0, height: 0 };
  let enlarges = false;
  for (const { size, layout } of watching) {
    canvas.width = Math.max(canvas.width, size.width);
    canvas.height = Math.max(canvas.height, size.height);
    if (layout === 'speaker' || layout === 'lecture' || layout === 'presentation') enlarges = true;
  }
  const sizes = new Map<string, PictureSize>();
  if (canvas.width === 0) return sizes;
  const places = new Map(people.map(({ identity }, place) => [identity, place]));
  const rank = ({ kind, identity }: CameraSpec): number => {
    if (kind === 'screen') return -2;
    return speakers.includes(identity) ? -1 : (places.get(identity) ?? people.length);
  };
  const shown = [...cameras].sort((a, b) => rank(a) - rank(b)).slice(0, mostTiles);
  const across = Math.ceil(Math.sqrt(shown.length));
  const cell = { width: even(canvas.width / across), height: even(canvas.height / across) };
  for (const camera of shown) {
    const large = camera.kind === 'screen' || (enlarges && camera.identity === speakers[0]);
    sizes.set(camera.id, large ? canvas : cell);
  }
  return sizes;
}

function even(pixels: number): number {
  return Math.ceil(pixels / 2) * 2;
}
