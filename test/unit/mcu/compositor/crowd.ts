/** Views of a room with any number of people. */
import type { View } from '../../../../mcu/compositor/layout.ts';
import type { CanvasShape } from '../../../../mcu/compositor/scene.ts';

export const canvases: Record<'hd' | 'fullHd' | 'xga' | 'cif' | 'qcif', CanvasShape> = {
  hd: { width: 1280, height: 720, pixelAspect: 1 },
  fullHd: { width: 1920, height: 1080, pixelAspect: 1 },
  xga: { width: 1024, height: 768, pixelAspect: 1 },
  cif: { width: 352, height: 288, pixelAspect: 12 / 11 },
  qcif: { width: 176, height: 144, pixelAspect: 12 / 11 },
};

export interface Crowd extends Partial<Omit<View, 'room' | 'cameras'>> {
  readonly people?: number;
  readonly speakers?: readonly string[];
  /** Who shares a screen, the latest last. */
  readonly sharing?: readonly string[];
  readonly cameraOff?: readonly string[];
}

/** People `p1`, `p2`… with cameras `camera-p1`… */
export function crowd({ people = 3, speakers = [], sharing = [], cameraOff = [], ...view }: Crowd): View {
  const everybody = Array.from({ length: people }, (_, i) => `p${i + 1}`);
  return {
    canvas: canvases.hd,
    layout: 'auto',
    own: 'left-out',
    self: null,
    screen: null,
    banner: null,
    ...view,
    room: {
      people: everybody.map((identity) => ({
        identity,
        name: identity.toUpperCase(),
        muted: false,
        cameraOff: cameraOff.includes(identity),
      })),
      speakers,
    },
    cameras: [
      ...everybody.map((identity) => ({ id: `camera-${identity}`, identity, kind: 'camera' as const })),
      ...sharing.map((identity) => ({ id: `screen-${identity}`, identity, kind: 'screen' as const })),
    ],
  };
}
