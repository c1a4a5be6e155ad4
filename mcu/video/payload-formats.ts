/** The payload formats that we speak: one packetizer and one depacketizer each. */
import type { FeedProfile, VideoCodec } from '../ports/video.ts';
import type { Depacketizer } from './depacketizer.ts';
import { H263Depacketizer } from './h263/depacketizer.ts';
import { H263Packetizer } from './h263/packetizer.ts';
import { H264Depacketizer } from './h264/depacketizer.ts';
import { H264Packetizer } from './h264/packetizer.ts';
import { H263PlusDepacketizer } from './h263/plus-depacketizer.ts';
import { H263PlusPacketizer } from './h263/plus-packetizer.ts';
import type { PacketStream } from './packet-writer.ts';
import type { Packetizer } from './packetizer.ts';
import { Vp8Depacketizer } from './vp8/depacketizer.ts';
import { Vp8Packetizer } from './vp8/packetizer.ts';

/** For what a feed is coded in. */
export function packetizerFor(
  profile: Pick<FeedProfile, 'codec' | 'packetizationMode'>,
  stream: PacketStream,
): Packetizer {
  switch (profile.codec) {
    case 'H264':
      return new H264Packetizer(stream, profile.packetizationMode ?? 0);
    case 'VP8':
      return new Vp8Packetizer(stream);
    case 'H263':
      return new H263Packetizer(stream);
    case 'H263-1998':
      return new H263PlusPacketizer(stream);
  }
}

/**
 * @param largestFrame In bytes; larger ones are refused.
 * @param parameterSets For H264: `sprop-parameter-sets`, base64.
 */
export function depacketizerFor(
  codec: VideoCodec,
  largestFrame: number,
  parameterSets: readonly string[],
): Depacketizer {
  switch (codec) {
    case 'H264':
      return new H264Depacketizer(largestFrame, parameterSets);
    case 'VP8':
      return new Vp8Depacketizer(largestFrame);
    case 'H263':
      return new H263Depacketizer(largestFrame);
    case 'H263-1998':
      return new H263PlusDepacketizer(largestFrame);
  }
}
