/** Bit rates in `b=` (RFC 8866 §5.8, RFC 3890): AS with the packets' heads, in kbit/s; TIAS without, in bit/s. */
import type { SdpAttribute } from './sdp.ts';

interface Limited {
  readonly bandwidths: readonly SdpAttribute[];
}

/** IPv4, UDP and RTP heads: 40 octets. */
const headsBits = 320;

/** What `b=` leaves for the payload, in bit/s; null: there is no limit. */
export function payloadBitrate(limited: Limited, packetsPerSecond: number): number | null {
  const withHeads = bandwidth(limited, 'AS');
  return (
    bandwidth(limited, 'TIAS') ??
    (withHeads === null ? null : withHeads * 1000 - packetsPerSecond * headsBits)
  );
}

function bandwidth({ bandwidths }: Limited, kind: 'AS' | 'TIAS'): number | null {
  const text = bandwidths.find(({ name }) => name === kind)?.value ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** What we take, in both words: some devices know only one of them. */
export function bandwidthLines(payloadBits: number, packetsPerSecond: number): string[] {
  const withHeads = Math.ceil((payloadBits + packetsPerSecond * headsBits) / 1000);
  return [`b=AS:${withHeads}`, `b=TIAS:${payloadBits}`];
}
