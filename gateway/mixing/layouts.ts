/**
 * Where FreeSWITCH shows whom: our layouts as mod_conference knows them. A canvas there is the room's, never one
 * viewer's, so the last wish in a room counts.
 */
import { grid, stage, stripPlaces } from '../../mcu/compositor/geometry.ts';
import type { Area } from '../../mcu/compositor/scene.ts';
import type { LayoutName } from '../../mcu/ports/pictures.ts';

/** Cameras and shared screens that are on, as FreeSWITCH counts them: people without a camera have no place. */
export interface OnCanvas {
  readonly cameras: number;
  readonly screens: number;
}

/** Reservation of the place where a shared screen is. */
export const screenPlace = 'screen';

/** Any 16:9 canvas does: FreeSWITCH measures places in parts of 360. */
const canvas = { width: 1280, height: 720, pixelAspect: 1 } as const;
const parts = 360;
/** How many have a place beside or below a big picture. */
const strips = { below: stripPlaces(canvas, 'below'), beside: stripPlaces(canvas, 'beside') };
/** `auto` shows more cameras than these with one of them big. */
const mostInAutoGrid = 9;

/** A group takes the layout that fits by itself, at once, when cameras come and go; for each viewer's own canvas, too. */
export const gridLayout = 'group gateway-grid';

/** What `vid-layout` is told. */
export function layoutFor(wish: LayoutName, { cameras, screens }: OnCanvas): string {
  const layout = layoutNameFor(wish, { cameras, screens });
  switch (layout) {
    case 'grid':
      return gridLayout;
    case 'lecture':
      return screens > 0 ? 'gateway-screen' : 'gateway-lecture';
    case 'speaker':
      return `gateway-speaker-${Math.min(Math.max(cameras - 1, 1), strips.below)}`;
    case 'presentation':
      return cameras === 0 ? 'gateway-screen' : `gateway-presentation-${Math.min(cameras, strips.beside)}`;
  }
}

/** Whether one camera or screen has the whole canvas. @param shown how many there are. */
export function isWhole(layout: string, shown: number): boolean {
  return layout === 'gateway-lecture' || layout === 'gateway-screen' || (layout === gridLayout && shown < 2);
}

type FixedLayout = 'grid' | 'lecture' | 'speaker' | 'presentation';

function layoutNameFor(wish: LayoutName, { cameras, screens }: OnCanvas): FixedLayout {
  if (screens > 0) return wish === 'grid' || wish === 'lecture' ? wish : 'presentation';
  switch (wish) {
    case 'grid':
    case 'lecture':
      return wish;
    // Who looks is on the canvas too: the other one alone would be oneself for one of the two.
    case 'one-on-one':
    case 'auto':
      return cameras <= mostInAutoGrid ? 'grid' : 'speaker';
    // With fewer than two there is nobody for a strip.
    case 'presentation':
    case 'speaker':
      return cameras < 2 ? 'grid' : 'speaker';
  }
}

const gridSizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 25] as const;

/** A layout much like that of the group, and another one, for so many or fewer. */
export function largerGrid(cameras: number): string {
  return `gateway-grid-${gridSizes.find((size) => size > cameras) ?? gridSizes[0]}`;
}

/** The layouts as mod_conference reads them (`conference_layouts.conf`), from the geometry of the embedded engine. */
export function layoutsXml(): string {
  const layouts = [
    ...gridSizes.map((size) => layout(`gateway-grid-${size}`, gridOf(size))),
    layout('gateway-lecture', [image(whole, 'floor-only="true"')]),
    layout('gateway-screen', [image(whole, `reservation_id="${screenPlace}"`)]),
    ...stages('gateway-speaker', 'below', 'floor="true"'),
    ...stages('gateway-presentation', 'beside', `reservation_id="${screenPlace}"`),
  ];
  return `<!--
  Who is where on a room's canvas. Made by gateway/mixing/layouts.ts from the geometry of the embedded engine, so that
  rooms look the same: places in parts of 360 of the canvas's width and height. The gateway chooses among them.
-->
<configuration name="conference_layouts.conf">
  <layout-settings>
    <layouts>
${layouts.join('\n')}
    </layouts>
    <groups>
      <group name="gateway-grid">
${gridSizes.map((size) => `        <layout>gateway-grid-${size}</layout>`).join('\n')}
      </group>
    </groups>
  </layout-settings>
</configuration>
`;
}

const whole: Area = { x: 0, y: 0, width: canvas.width, height: canvas.height };

function gridOf(size: number): string[] {
  // A single camera has it all: there is nobody to be set apart from.
  return size === 1 ? [image(whole)] : grid(canvas, size).map((area) => image(area));
}

function stages(name: string, side: 'below' | 'beside', big: string): string[] {
  return Array.from({ length: strips[side] }, (_, index) => {
    const areas = stage(canvas, side, index + 1);
    return layout(`${name}-${index + 1}`, [image(areas.big, big), ...areas.strip.map((area) => image(area))]);
  });
}

function layout(name: string, images: readonly string[]): string {
  return [`      <layout name="${name}">`, ...images, '      </layout>'].join('\n');
}

/** What is shown in a place keeps its own shape. */
function image({ x, y, width, height }: Area, attributes = ''): string {
  const [scale, hscale] = [toParts(width, canvas.width), toParts(height, canvas.height)];
  // One part more or less is rounding, and would leave a bar beside a camera's picture.
  const size = Math.abs(scale - hscale) < 2 ? `scale="${scale}"` : `scale="${scale}" hscale="${hscale}"`;
  const place = `x="${toParts(x, canvas.width)}" y="${toParts(y, canvas.height)}" ${size}`;
  return `        <image ${place}${attributes === '' ? '' : ` ${attributes}`}/>`;
}

function toParts(pixels: number, of: number): number {
  return Math.round((pixels / of) * parts);
}
