/** What SRTP costs for a packet of G.711, 20 ms: once to protect it, once to open it. */
import type { SrtpProfile } from '../../mcu/ports.ts';
import { rtpOf, srtpEnds } from '../support/srtp.ts';
import { round } from './numbers.ts';

const packets = 20_000;
const warmUpPackets = 5000;
const profiles = ['AES_CM_128_HMAC_SHA1_80', 'AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_128_GCM'] as const;

export interface SrtpCost {
  readonly profile: SrtpProfile;
  /** CPU for one packet, µs. */
  readonly protectUs: number;
  readonly unprotectUs: number;
}

export function srtpCost(): SrtpCost[] {
  return profiles.map((profile) => {
    const { sender, receiver } = srtpEnds(profile);
    const wires: Buffer[] = [];
    const packet = rtpOf(0);
    const protectUs = cpuPer(packets, warmUpPackets, (index) => {
      packet.writeUInt16BE(index & 0xffff, 2);
      const out = Buffer.allocUnsafe(packet.length + sender.overhead);
      wires.push(out.subarray(0, sender.protectRtp(packet, out)));
    });
    const unprotectUs = cpuPer(packets, warmUpPackets, (index) => receiver.unprotectRtp(wires[index]));
    return { profile, protectUs: round(protectUs, 1), unprotectUs: round(unprotectUs, 1) };
  });
}

function cpuPer(times: number, before: number, work: (index: number) => void): number {
  for (let index = 0; index < before; index++) work(index);
  const since = process.cpuUsage();
  for (let index = before; index < before + times; index++) work(index);
  const { user, system } = process.cpuUsage(since);
  return (user + system) / times;
}
