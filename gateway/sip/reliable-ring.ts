import { within } from './deadline.ts';
import type { SipResponse } from './srf.ts';

/**
 * Rings reliably (RFC 3262 §3): the edge repeats the 180 until its PRACK is here. Null: none came in time, or
 * the signal was first; false: the edge did not take the 180.
 */
export function ringReliably(
  res: SipResponse,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<boolean | null> {
  return within<boolean>(deadlineMs, signal, (settle) =>
    res.send(
      180,
      undefined,
      { headers: { Require: '100rel' } },
      (error) => {
        if (error !== null && error !== undefined) settle(false);
      },
      () => settle(true),
    ),
  );
}
