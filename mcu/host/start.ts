import { z } from 'zod';
import { addressTowards } from '../addresses.ts';
import { nodeOptions } from '../control/protocol.ts';
import type { NodeStart } from '../control/protocol.ts';

/** What belongs to the machine on which media nodes run: its gateways need not know it. */
export interface Machine {
  /** Address that legs' sockets bind to. */
  readonly host: string;
  /** Addresses that callers see, of each family one at most; none: the one that is bound. */
  readonly announced: readonly string[];
  readonly rtpPortMin: number;
  readonly rtpPortMax: number;
  readonly promptFolder: string;
}

const ofMachine = {
  host: true,
  publicIp: true,
  announced: true,
  rtpPortMin: true,
  rtpPortMax: true,
  promptFolder: true,
  mixer: true,
} as const;

/** What a gateway starts a media node with on another machine. */
export const hostedStart = nodeOptions.omit(ofMachine).extend({
  mixer: z
    .strictObject({
      /** IP address at which FreeSWITCH reaches the node; empty: the one that leads to `server`. */
      host: z.string(),
      /** Host of a FreeSWITCH. */
      server: z.string().min(1),
    })
    .nullable(),
});
export type HostedStart = z.input<typeof hostedStart>;

/** Whole, for the node's process. Rejects with what is wrong with it. */
export async function nodeStartOn(machine: Machine, wanted: unknown): Promise<NodeStart> {
  const { mixer, ...options } = hostedStart.parse(wanted);
  const { announced, ...place } = machine;
  return {
    ...options,
    ...place,
    publicIp: announced.at(0) ?? '',
    announced: [...announced],
    mixer: mixer && { host: mixer.host || (await addressTowards(mixer.server)) },
  };
}
