import type { LegMediaConfig } from '../../gateway/ports.ts';
import { nodeContract } from '../../mcu/control/protocol.ts';

/** What offer/answer settled is what a media node takes; throws with what is wrong. */
export function expectCarriable(config: LegMediaConfig): void {
  nodeContract.calls.configureLeg.params.parse({ leg: 'leg', config });
}
