/** What a viewer should see of a room: laid out and drawn by the product's own code, slowly, from plain colours. */
import type { I420 } from '../../mcu/compositor/i420.ts';
import { Floor } from '../../mcu/compositor/floor.ts';
import { Director } from '../../mcu/compositor/layout.ts';
import { Painter } from '../../mcu/compositor/painter/painter.ts';
import type { CanvasShape } from '../../mcu/compositor/scene.ts';
import type { Screen } from '../../mcu/ports/pictures.ts';
import { mixesFreeSwitch } from './chosen-parts.ts';
import { compose } from './compose-scene.ts';
import { toI420, toRgba } from './i420.ts';
import { Pixels } from './pixels.ts';
import type { Rgb } from './pixels.ts';

export interface ExpectedPerson {
  readonly name: string;
  /** Default: the name. An avatar's colour comes from it. */
  readonly identity?: string;
  /** What their camera sees, or its one colour; without either an avatar is seen. */
  readonly picture?: I420;
  readonly colour?: Rgb;
  readonly muted?: boolean;
}

export interface ExpectedRoom {
  /** Default: 1280×720. */
  readonly canvas?: CanvasShape;
  readonly people?: readonly ExpectedPerson[];
  /** What somebody shares, and who; default: the first of the people. */
  readonly shared?: Rgb;
  readonly sharer?: string;
  readonly screen?: Screen;
  readonly banner?: string;
}

const hd: CanvasShape = { width: 1280, height: 720, pixelAspect: 1 };
let painter: Painter | null = null;

/** As it is seen by nobody of these people. */
export function expectedPicture(expected: ExpectedRoom): Pixels {
  const { canvas = hd, people = [], shared, sharer = people[0]?.name, screen, banner } = expected;
  const known = people.map(({ name, identity = name, muted = false, colour, picture }) => {
    const seen = picture ?? (colour && plain(colour));
    return { identity, name, muted, cameraOff: !seen, seen };
  });
  const room = { people: known, speakers: [] };
  const floor = new Floor();
  floor.update(room, 0);
  const pictures = new Map(known.flatMap(({ identity, seen }) => (seen ? [[identity, seen] as const] : [])));
  if (shared) pictures.set('shared', plain(shared));
  const cameras = known.map(({ identity }) => ({ id: identity, identity, kind: 'camera' as const }));
  const { identity: from = '' } = known.find(({ name }) => name === sharer) ?? {};
  const screens = shared ? [{ id: 'shared', identity: from, kind: 'screen' as const }] : [];
  const scene = new Director().direct(
    {
      ...{ canvas, layout: 'auto', own: 'left-out', self: null, room },
      cameras: [...cameras, ...screens],
      screen: screen ?? null,
      banner: banner ?? null,
    },
    floor,
  );
  painter ??= new Painter();
  const picture = compose(scene, painter, pictures);
  return new Pixels(canvas.width, canvas.height, toRgba(picture));
}

/** The same, and with FreeSWITCH, which places people as it likes, in every order: the first is as it is written. */
export function expectedPictures(expected: ExpectedRoom): readonly Pixels[] {
  const { people = [] } = expected;
  const orders = mixesFreeSwitch() ? permutations(people) : [people];
  return orders.map((ordered) => expectedPicture({ ...expected, people: ordered }));
}

function permutations<T>(all: readonly T[]): (readonly T[])[] {
  if (all.length < 2) return [all];
  return all.flatMap((first, at) => permutations(all.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}

function plain([red, green, blue]: Rgb): I420 {
  const [width, height] = [640, 360];
  const data = new Uint8ClampedArray(width * height * 4);
  for (let at = 0; at < data.length; at += 4) data.set([red, green, blue, 255], at);
  return toI420({ data, width, height });
}
