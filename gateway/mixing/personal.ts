import type { EndpointSpec, EndpointState } from '../../mcu/control/mixer-protocol.ts';
import { groupOf } from './canvas-size.ts';
import type { CanvasSize } from './canvas-size.ts';

/** So many who look have a canvas each at most: each costs an encoder. */
const mostPersonal = 3;

interface Viewer {
  readonly spec: EndpointSpec;
  readonly state: EndpointState;
}

/**
 * Whether those who look see everybody but themselves: where they wish so, or are one of a pair. FreeSWITCH makes no
 * smaller picture of a canvas of one's own.
 */
export function areFew(viewers: readonly Viewer[], isPair: boolean, size: CanvasSize): boolean {
  return (
    viewers.length <= mostPersonal &&
    viewers.every(({ spec, state }) => {
      const own = state.look?.own;
      return (own === 'left-out' || (own === 'auto' && isPair)) && groupOf(spec, size) === null;
    })
  );
}
