import type { BenchCall } from './callers.ts';
import { between, spread } from './numbers.ts';
import type { Spread } from './numbers.ts';
import type { Rooms } from './rooms.ts';

/** All from the INVITE, ms. */
export interface SetupTimes {
  readonly trying: Spread;
  readonly ringing: Spread;
  readonly answered: Spread;
  readonly firstPacket: Spread;
  /** Until the caller's track is announced in the room. */
  readonly inRoom: Spread;
}

export function setupTimes(calls: readonly BenchCall[], rooms: Rooms): SetupTimes {
  const since = (moment: (call: BenchCall) => number | null): Spread =>
    spread(calls.map((call) => between(call.times.inviteMs, moment(call))));
  return {
    trying: since(({ times }) => times.tryingMs),
    ringing: since(({ times }) => times.ringingMs),
    answered: since(({ times }) => times.answeredMs),
    firstPacket: since(({ media }) => media.firstPacketMs),
    inRoom: since(({ number }) => rooms.announcedMs(number)),
  };
}
