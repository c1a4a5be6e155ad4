import { randomBytes } from 'node:crypto';
import { createSrtpContext } from '../../mcu/srtp/context.ts';
import { srtpProfiles } from '../../mcu/srtp/profiles.ts';
import type { SrtpContext, SrtpContextOptions, SrtpKey } from '../../mcu/srtp/types.ts';
import type { SrtpKeying, SrtpProfile } from '../../mcu/ports.ts';

export const everyProfile = Object.keys(srtpProfiles) as SrtpProfile[];

export function newSrtpKey(profile: SrtpProfile, more: Partial<SrtpKey> = {}): SrtpKey {
  const { keyBytes, saltBytes } = srtpProfiles[profile];
  return { masterKey: randomBytes(keyBytes), masterSalt: randomBytes(saltBytes), ...more };
}

/** Both ends of one direction. */
export function srtpEnds(
  profile: SrtpProfile,
  more: Partial<SrtpContextOptions> = {},
): { sender: SrtpContext; receiver: SrtpContext; options: SrtpContextOptions } {
  const options = { profile, keys: [newSrtpKey(profile)], ...more };
  return { sender: createSrtpContext(options), receiver: createSrtpContext(options), options };
}

export function rtpOf(sequence: number, ssrc = 7, payload = Buffer.alloc(160, sequence)): Buffer {
  const header = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE((sequence * 160) >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, payload]);
}

/** An empty receiver report with something behind it. */
export function rtcpOf(ssrc = 7): Buffer {
  const packet = Buffer.alloc(24, 0xab);
  packet.set([0x80, 201, 0, 5]);
  packet.writeUInt32BE(ssrc, 4);
  return packet;
}

/** The packet as it goes over the network. Throws when the context does not protect it. */
export function protectedRtp(context: SrtpContext, packet: Buffer): Buffer {
  return protectedBy(context, packet, 'protectRtp');
}

export function protectedRtcp(context: SrtpContext, packet: Buffer): Buffer {
  return protectedBy(context, packet, 'protectRtcp');
}

function protectedBy(context: SrtpContext, packet: Buffer, how: 'protectRtp' | 'protectRtcp'): Buffer {
  const out = Buffer.alloc(packet.length + context.overhead);
  const length = context[how](packet, out);
  if (length < 0) throw new Error(`not protected: ${length}`);
  return out.subarray(0, length);
}

/** A copy of the packet, opened; null: it is not authentic. */
export function opened(
  context: SrtpContext,
  how: 'unprotectRtp' | 'unprotectRtcp',
  wire: Buffer,
): Buffer | null {
  const packet = Buffer.from(wire);
  const length = context[how](packet);
  return length < 0 ? null : packet.subarray(0, length);
}

/** Keys as signalling brings them. */
export function newSrtpKeying(profile: SrtpProfile): SrtpKeying {
  const { masterKey, masterSalt } = newSrtpKey(profile);
  return { profile, keys: [{ inline: Buffer.concat([masterKey, masterSalt]).toString('base64') }] };
}

/** The first of the keys, as a phone has it. */
export function contextOf({ profile, keys: [{ inline, mki }] }: SrtpKeying): SrtpContext {
  const octets = Buffer.from(inline, 'base64');
  const { keyBytes } = srtpProfiles[profile];
  const key = {
    masterKey: octets.subarray(0, keyBytes),
    masterSalt: octets.subarray(keyBytes),
    ...(mki !== undefined && { mki: Buffer.from(mki, 'hex') }),
  };
  return createSrtpContext({ profile, keys: [key] });
}
