import { GatewayError } from '../errors.ts';
import type { MeetingKeys } from '../ports.ts';
import { MeetingKeyTaken, MeetingsUnavailable, PinSpaceFull } from './errors.ts';

/** Tries before giving up; with a tenth of all PINs taken, one in 10^20 meetings needs more. */
const tries = 20;

/** What the database says becomes an error that the API can show. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof GatewayError ? error : new MeetingsUnavailable(error);
  }
}

/** What was made at random and is taken is made anew; what was wished for and is taken is an error. */
export async function untilFree<T>({ number, pins }: MeetingKeys, work: () => Promise<T>): Promise<T> {
  const isWished: Readonly<Record<string, boolean>> = {
    number: number !== undefined,
    'pins/host': pins?.host !== undefined,
    'pins/guest': pins?.guest !== undefined,
  };
  for (let round = 0; round < tries; round++) {
    try {
      return await guarded(work);
    } catch (error) {
      if (!(error instanceof MeetingKeyTaken) || isWished[error.field]) throw error;
    }
  }
  throw new PinSpaceFull();
}
