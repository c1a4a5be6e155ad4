/** Bit rates in `b=` (RFC 8866 §5.8, RFC 3890): AS with the packets' heads, in kbit/s; TIAS without, in bit/s. */
import type { SdpAttribute } from './sdp.ts';

/** What `b=` leaves for the payload, in bit/s; null: there is no limit. `withoutHeads` takes the packets' heads off. */
export function payloadBitrate(
  { bandwidths }: { readonly bandwidths: readonly SdpAttribute[] },
  withoutHeads: (bitrate: number) => number,
): number | null {
  const value = (kind: string): number | null => {
    const text = bandwidths.find(({ name }) => name === kind)?.value ?? '';
    return /^\d{1,9}$/.test(text) ? Number(text) : null;
  };
  const withHeads = value('AS');
  return value('TIAS') ?? (withHeads === null ? null : withoutHeads(withHeads * 1000));
}

/** What we take, in both words: some devices know only one of them. */
export function bandwidthLines(payload: number, withHeads: number): string[] {
  return [`b=AS:${Math.ceil(withHeads / 1000)}`, `b=TIAS:${payload}`];
}
