import type { MediaServer } from './media-server.ts';

/** Whose a channel is; said in the INVITE, kept by FreeSWITCH as a variable of the channel. */
export interface Owner {
  readonly gateway: string;
  /** One run of its process. */
  readonly instance: string;
}

export const ownerHeader = 'X-Gateway-Owner';

export function ownerValue({ gateway, instance }: Owner): string {
  return `${gateway};${instance}`;
}

/**
 * Ends what this gateway left behind: an earlier run of it, or this one before FreeSWITCH was lost to it. Called
 * before the first channel is opened, so that all of its channels there are nobody's. Resolves with their number.
 */
export async function sweep(server: MediaServer, owner: Owner): Promise<number> {
  let ended = 0;
  for (const uuid of await channelsOf(server)) {
    const value = await server.api(`uuid_getvar ${uuid} sip_h_${ownerHeader}`);
    if (value.trim().split(';', 1)[0] !== owner.gateway) continue;
    await server.api(`uuid_kill ${uuid}`);
    ended += 1;
  }
  return ended;
}

async function channelsOf(server: MediaServer): Promise<string[]> {
  const text = await server.api('show channels as json');
  const { rows } = JSON.parse(text) as { rows?: readonly { readonly uuid: string }[] };
  return (rows ?? []).map(({ uuid }) => uuid);
}
