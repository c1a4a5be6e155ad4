import type { Plan } from './plan.ts';
import { triedTrunk } from './trunks.ts';
import type { CallInput } from './types.ts';

/** A call that is tried out. */
export type TriedCall = Omit<CallInput, 'trunk'> & {
  /** Null or `none`: it comes by none; undefined: by the one that has its address. */
  readonly trunk: string | null | undefined;
};

/** The call as it would come to this plan. */
export function arrivingAt({ trunkIndex }: Plan, tried: TriedCall): CallInput {
  return { ...tried, trunk: triedTrunk(trunkIndex, tried) };
}
