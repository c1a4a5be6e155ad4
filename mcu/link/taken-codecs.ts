/** What a room takes of publishers, by its join response. */
import type { JoinResponse } from '@livekit/protocol';
import type { RoomCodec, RoomVideoCodec } from '../ports.ts';
import { audioCodec, videoCodec } from './sdp.ts';

type Enabled = Pick<JoinResponse, 'enabledPublishCodecs'>;

/** An SFU too old to say so takes opus. */
export function takenVoices({ enabledPublishCodecs }: Enabled): Set<RoomCodec> {
  const named = enabledPublishCodecs.map(({ mime }) => /^audio\/(.+)$/i.exec(mime)?.[1] ?? '');
  const codecs = named.map(audioCodec).filter((codec) => codec !== null);
  return new Set<RoomCodec>(codecs.length === 0 ? ['opus'] : codecs);
}

/** An SFU too old to name codecs takes both. */
export function takesVideo({ enabledPublishCodecs }: Enabled, codec: RoomVideoCodec): boolean {
  const names = enabledPublishCodecs.map(({ mime }) => videoCodec(mime.replace(/^video\//i, '')));
  return enabledPublishCodecs.length === 0 || names.includes(codec);
}
