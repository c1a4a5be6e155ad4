import { MediaError } from '../errors.ts';
import type { LegLocal } from '../ports.ts';
import type { NodeChannel } from './way.ts';

/** Opens a leg on a node; rejects when it can't, and then leaves none behind. */
export async function openLegOn(channel: NodeChannel, leg: string): Promise<LegLocal> {
  try {
    return await channel.call('openLeg', { leg });
  } catch (error) {
    // The answer may only be late, and nobody would ever close that leg.
    if (error instanceof MediaError && error.code === 'CONTROL_TIMEOUT')
      channel.call('closeLeg', { leg }).catch(() => undefined);
    throw error;
  }
}
