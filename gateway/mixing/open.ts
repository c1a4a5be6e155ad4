import { createSocket } from 'node:dgram';
import { once } from 'node:events';
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
  await mixing.upWithin(firstUpMs);
  return mixing;
}

/** The address of ours that leads to the first of them. */
export async function addressTowards([first]: readonly { readonly host: string }[]): Promise<string> {
  const { host } = first;
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    // Sends nothing: UDP only chooses its way.
    socket.connect(9, host);
    await once(socket, 'connect');
    return socket.address().address;
  } finally {
    socket.close();
  }
}
