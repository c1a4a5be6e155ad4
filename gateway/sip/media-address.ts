import { lookup } from 'node:dns/promises';
import type { LegMediaConfig } from '../ports.ts';
import { within } from './deadline.ts';

/** Finds the address of a host name in a `c=` line (RFC 8866 §5.7 allows one); null: there is none in time. */
export type ResolveHost = (host: string, family: 4 | 6) => Promise<string | null>;

export const resolveHost: ResolveHost = async (host, family) => {
  try {
    return (await lookup(host, { family })).address;
  } catch {
    return null;
  }
};

/** The configuration with an IP address as its remote end; null: its name does not resolve. */
export async function withAddress(
  settled: { readonly media: LegMediaConfig; readonly addressIsLiteral: boolean },
  localAddress: string,
  resolve: ResolveHost,
  deadlineMs: number,
): Promise<LegMediaConfig | null> {
  const { media } = settled;
  if (settled.addressIsLiteral) return media;
  const family = localAddress.includes(':') ? 6 : 4;
  const address = await within<string | null>(deadlineMs, null, (settle) => {
    void resolve(media.remote.address, family).then(settle);
  });
  return address === null ? null : { ...media, remote: { ...media.remote, address } };
}
