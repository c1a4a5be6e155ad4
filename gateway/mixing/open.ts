import { EdgeCaller } from './edge-caller.ts';
import type { EdgeCallerOptions } from './edge-caller.ts';
import { Mixing } from './mixing.ts';
import type { MixingOptions } from './mixing.ts';

export interface OpenMixingOptions extends Omit<MixingOptions, 'caller'> {
  readonly edge: Omit<EdgeCallerOptions, 'log'>;
}

/** How long the start waits for the SIP server, then for a FreeSWITCH; without, the gateway runs and refuses calls. */
const firstUpMs = 5000;

/** Throws PROMPT_FOLDER_UNUSABLE. */
export async function openMixing({ edge, ...options }: OpenMixingOptions): Promise<Mixing> {
  const caller = new EdgeCaller({ ...edge, log: options.log });
  await caller.start(firstUpMs);
  const mixing = new Mixing({ ...options, caller });
  await mixing.drainsRead();
  await mixing.upWithin(firstUpMs);
  return mixing;
}
