/**
 * Which parts the gateways under test have, by the tester's environment: `MIXING=freeswitch` has FreeSWITCH mix,
 * `SIP_EDGE=drachtio` has a drachtio-server take the calls. chosen-servers.ts starts those that are chosen, unless
 * `FREESWITCH_HOST` or `DRACHTIO_HOST` names some that run.
 */
import { realEdge } from './edge-under-test.ts';

/** What becomes of the gateway's environment with them. */
export function chosenParts(): Record<string, string> {
  return { ...chosenMixer(), ...chosenEdge() };
}

/** Who mixes alone: for gateways that share a LiveKit, and are called each by itself. */
export function chosenMixer(): Record<string, string> {
  const { MIXING, FREESWITCH_HOST, FREESWITCH_PORT, FREESWITCH_SECRET } = process.env;
  if (!mixesFreeSwitch()) return {};
  return present({ MIXING, FREESWITCH_HOST, FREESWITCH_PORT, FREESWITCH_SECRET });
}

function chosenEdge(): Record<string, string> {
  const { DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET } = process.env;
  return present({ DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET });
}

/** Where a gateway with these parts is called. */
export function callsPort(own: number): number {
  return realEdge()?.sipPort ?? own;
}

export function mixesFreeSwitch(): boolean {
  return process.env.MIXING === 'freeswitch';
}

/** The reason why something is left out when FreeSWITCH mixes; null when it does not. */
export function withFreeSwitch(why: string): string | null {
  return mixesFreeSwitch() ? why : null;
}

/** The same when a drachtio-server takes the calls. */
export function withDrachtio(why: string): string | null {
  return realEdge() === null ? null : why;
}

function present(all: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
